"""The prover agrees with trying every sort of input, and its examples are real."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revenue.policies import inputs, proving
from revenue.policies.boundaries import parts, representatives
from revenue.policies.catalogue import CATALOGUE
from revenue.policies.conditions import PolicyText, Rule, parse_condition, parse_policy
from revenue.policies.evaluation import compile_policy
from revenue.policies.proving import (
    MAX_EXAMPLES,
    Comparison,
    Direction,
    SolverDisagrees,
    compare,
    differs,
)
from revenue.policies.seeds import seed_policy
from revenue.policies.solving import comparisons
from revenue.policies.vocabulary import Effect, Mode, PolicyKind, Stage
from tests.revenue.policies.reference import truth
from tests.revenue.policies.strategies import conditions, facts, policies

FEW = ("account.category_group", "account.locations", "account.has_website", "account.country")
OTHERS = ("account.rating", "account.trade", "account.source_names")
MANY = ("account.trade", "account.source_names", "account.has_website")
LOOSER = Direction.LOOSER
SEND = seed_policy(PolicyKind.SEND)
SMALL = settings(max_examples=60)


def every_input(*texts: PolicyText) -> Iterator[dict[str, Any]]:
    """One input of each sort that these texts can tell apart, each fact unknown as well."""
    asked = list(dict.fromkeys(comparisons(texts)))
    names = list(dict.fromkeys(leaf.fact for leaf in asked))
    values = [
        (*representatives(CATALOGUE[name], [leaf for leaf in asked if leaf.fact == name]), None)
        for name in names
    ]
    for chosen in product(*values):
        yield dict(zip(names, chosen, strict=True))


def brute_force(old: PolicyText, new: PolicyText) -> dict[Direction, bool]:
    before, after = compile_policy(old), compile_policy(new)
    pairs = [
        (before.decide(seen, timing=True), after.decide(seen, timing=True))
        for seen in every_input(old, new)
    ]
    return {way: any(differs(was, now, way) for was, now in pairs) for way in Direction}


def found(comparison: Comparison) -> dict[Direction, bool]:
    return {
        Direction.LOOSER: bool(comparison.looser.examples),
        Direction.TIGHTER: bool(comparison.tighter.examples),
    }


@SMALL
@given(policies(names=FEW, max_rules=4), policies(names=FEW, max_rules=4))
def test_looser_and_tighter_agree_with_trying_every_input(old: PolicyText, new: PolicyText) -> None:
    assert found(compare(old, new)) == brute_force(old, new)


@SMALL
@given(policies(names=OTHERS, max_rules=4), policies(names=OTHERS, max_rules=4))
def test_texts_fractions_and_sets_agree_with_trying_every_input(
    old: PolicyText, new: PolicyText
) -> None:
    assert found(compare(old, new)) == brute_force(old, new)


@SMALL
@given(policies(names=MANY, max_rules=4), policies(names=MANY, max_rules=4))
def test_one_bool_for_each_part_agrees_with_one_for_each_sort(
    old: PolicyText, new: PolicyText
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "is_sample", lambda fact, asked: bool(parts(fact, asked)))
        by_parts = compare(old, new)

    assert found(by_parts) == brute_force(old, new)


@SMALL
@given(policies(names=FEW, max_rules=4), policies(names=FEW, max_rules=4))
def test_examples_are_real_and_distinct(old: PolicyText, new: PolicyText) -> None:
    before, after = compile_policy(old), compile_policy(new)
    comparison = compare(old, new)

    for way, examples in (
        (Direction.LOOSER, comparison.looser.examples),
        (Direction.TIGHTER, comparison.tighter.examples),
    ):
        assert len(examples) <= MAX_EXAMPLES
        assert len({tuple(one.facts.items()) for one in examples}) == len(examples)
        for one in examples:
            seen = {**one.others, **one.facts}
            assert before.decide(seen, timing=True) == one.before
            assert after.decide(seen, timing=True) == one.after
            assert differs(one.before, one.after, way)


@SMALL
@given(policies(names=FEW, max_rules=4), policies(names=FEW, max_rules=4))
def test_examples_name_the_facts_that_suffice_and_no_others(
    old: PolicyText, new: PolicyText
) -> None:
    before, after = compile_policy(old), compile_policy(new)
    asked = list(dict.fromkeys(comparisons((old, new))))

    def sort(name: str, seen: dict[str, Any]) -> list[bool | None]:
        return [truth(leaf, seen) for leaf in asked if leaf.fact == name]

    tried = [
        (one, {leaf.fact: sort(leaf.fact, one) for leaf in asked}, silent(old, new, one))
        for one in every_input(old, new)
    ]
    looser = [
        differs(before.decide(one, timing=True), after.decide(one, timing=True), LOOSER)
        for one, _, _ in tried
    ]

    for example in compare(old, new).looser.examples:
        here = {**example.others, **example.facts}
        granted = silent(old, new, here)

        def suffice(names: list[str], here: dict[str, Any], granted: set[str]) -> bool:
            """While what stopped nothing here goes on stopping nothing."""
            return all(
                is_looser
                for (_, sorts, quiet), is_looser in zip(tried, looser, strict=True)
                if granted <= quiet and all(sorts[name] == sort(name, here) for name in names)
            )

        names = list(example.facts)
        assert suffice(names, here, granted)
        for name in names:
            assert not suffice([other for other in names if other != name], here, granted)


def silent(old: PolicyText, new: PolicyText, seen: dict[str, Any]) -> set[str]:
    """The stopping and timing rules in common that are false, by their ids in the old policy."""

    def key(rule: Rule) -> tuple[object, ...]:
        return rule.effect, rule.stage, rule.when

    there = [key(rule) for rule in new.rules if rule.mode is Mode.ENFORCE]
    return {
        rule.id
        for rule in old.rules
        if rule.mode is Mode.ENFORCE
        and rule.effect is not Effect.ALLOW
        and key(rule) in there
        and truth(rule.when, seen) is False
    }


@SMALL
@given(policies(names=FEW, max_rules=5), st.data())
def test_without_an_allow_rule_nothing_is_newly_allowed(
    text: PolicyText, data: st.DataObject
) -> None:
    allowing = [rule for rule in text.rules if rule.effect is Effect.ALLOW]
    if not allowing:
        return
    gone = data.draw(st.sampled_from(allowing))

    comparison = compare(text, with_rules(text, *(one for one in text.rules if one is not gone)))

    assert not comparison.loosens


@SMALL
@given(policies(names=FEW, max_rules=4), conditions(FEW), st.integers(0, 4))
def test_with_another_deny_rule_nothing_is_newly_let_through(
    text: PolicyText, when: dict[str, Any], place: int
) -> None:
    comparison = compare(
        text, with_rules(text, *text.rules[:place], deny(when), *text.rules[place:])
    )

    assert not comparison.loosens


@given(policies(), facts(), conditions(), st.data())
def test_evaluation_never_newly_allows_with_more_denial_or_less_allowing(
    text: PolicyText, seen: dict[str, Any], when: dict[str, Any], data: st.DataObject
) -> None:
    gone = data.draw(
        st.sets(st.sampled_from([r.id for r in text.rules if r.effect is Effect.ALLOW]))
        if any(r.effect is Effect.ALLOW for r in text.rules)
        else st.just(set())
    )
    kept = (rule for rule in text.rules if rule.id not in gone)
    tighter = compile_policy(with_rules(text, deny(when), *kept)).decide(seen, timing=True)

    assert not differs(compile_policy(text).decide(seen, timing=True), tighter, LOOSER)


@given(policies(), facts())
def test_deny_beats_hold_beats_allow_and_an_unknown_never_allows(
    text: PolicyText, seen: dict[str, Any]
) -> None:
    content = [r for r in text.rules if r.mode is Mode.ENFORCE and r.stage is Stage.CONTENT]
    came_to: dict[Effect, list[bool | None]] = {effect: [] for effect in Effect}
    for rule in content:
        came_to[rule.effect].append(truth(rule.when, seen))

    effect = compile_policy(text).decide(seen).effect

    if True in came_to[Effect.DENY]:
        assert effect is Effect.DENY
    elif {True, None} & {*came_to[Effect.DENY], *came_to[Effect.HOLD]}:
        assert effect is Effect.HOLD
    else:
        allows = True in came_to[Effect.ALLOW]
        assert effect is (Effect.ALLOW if allows else Effect.HOLD)


def test_policy_is_as_strict_as_itself() -> None:
    comparison = compare(SEND, SEND)

    assert not comparison.loosens
    assert not comparison.tightens
    assert comparison.sorts > 10**15


def test_set_of_many_members_is_decided_for_every_selection() -> None:
    findings = [f"finding-{number}" for number in range(12)]
    old = send_policy(("hold", has("has_any", findings)), ("allow", has("has_all", findings[:1])))
    new = send_policy(
        ("hold", has("has_any", findings[1:])), ("allow", has("has_all", findings[:1]))
    )

    comparison = compare(old, new)

    (example,) = comparison.looser.examples
    assert example.facts == {"send.copy_findings": ["finding-0"]}
    assert not comparison.tightens
    assert comparison.sorts == 2**12 + 1


def test_text_of_many_parts_is_decided_for_every_selection() -> None:
    words = ["spa", "day spa", "yoga", "dental", "laser", "hair", "nail", "massage"]
    old = icp_policy(*(("hold", trade(word)) for word in words), ("allow", trade("a")))
    new = icp_policy(
        *(("hold", trade(word)) for word in words if word != "day spa"), ("allow", trade("a"))
    )

    assert not compare(old, new).loosens
    (example,) = compare(
        new, icp_policy(*(("hold", trade(w)) for w in words[1:]), ("allow", trade("a")))
    ).looser.examples
    assert example.facts == {"account.trade": "spa a"}


def test_no_longer_waiting_is_looser_unless_it_is_denied() -> None:
    fewer = with_rules(SEND, *(rule for rule in SEND.rules if rule.id != "quiet-hours"))

    comparison = compare(SEND, fewer)

    assert comparison.looser.examples
    assert not comparison.tightens
    assert {example.before.wait for example in comparison.looser.examples} == {"quiet-hours"}
    assert all(example.after.effect is not Effect.DENY for example in comparison.looser.examples)


def test_rule_that_is_only_marked_decides_nothing_any_more() -> None:
    marked = SEND.rule("unsupported-claims").model_copy(update={"mode": Mode.WARN})
    new = with_rules(SEND, *(marked if rule.id == marked.id else rule for rule in SEND.rules))

    assert compare(SEND, new).loosens


def test_examples_use_values_that_a_reader_knows() -> None:
    fewer = with_rules(SEND, *(rule for rule in SEND.rules if rule.id != "account-touched-often"))

    example = compare(SEND, fewer).looser.examples[0]

    assert example.facts["account.touches_90d"] == 4
    assert example.others[
        "mailbox.sent_today" if "mailbox.sent_today" in example.others else "mailbox.sent_30d"
    ] in (12, 220)
    assert example.others["contact.local_hour"] == 10


def test_each_changed_rule_has_an_example_before_any_has_two() -> None:
    gone = ("unsupported-claims", "canada-no-basis", "answer-first", "quiet-hours", "suppressed")
    fewer = with_rules(SEND, *(rule for rule in SEND.rules if rule.id not in gone))

    examples = compare(SEND, fewer).looser.examples

    named = {one.before.wait or one.before.rule for one in examples}
    assert named == set(gone)


def test_several_are_compared_at_once_as_one_after_another() -> None:
    fewer = [
        with_rules(SEND, *(one for one in SEND.rules if one is not rule)) for rule in SEND.rules
    ]

    with ThreadPoolExecutor(4) as threads:
        at_once = list(threads.map(lambda text: compare(SEND, text), fewer[:8]))

    assert at_once == [compare(SEND, text) for text in fewer[:8]]


def test_what_could_not_be_decided_counts_as_looser() -> None:
    comparison = compare(SEND, SEND, limit_s=0)

    assert comparison.loosens
    assert not comparison.looser.is_decided
    assert not comparison.tightens


def test_example_that_does_not_show_is_told_as_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = with_rules(SEND, *(rule for rule in SEND.rules if rule.id != "unsupported-claims"))
    monkeypatch.setattr(proving, "compile_policy", lambda text: compile_policy(SEND))

    with pytest.raises(SolverDisagrees, match="unsupported-claims"):
        compare(SEND, fewer)


def with_rules(text: PolicyText, *rules: Rule) -> PolicyText:
    return text.model_copy(update={"rules": rules})


def deny(when: dict[str, Any]) -> Rule:
    return Rule(
        id="added",
        when=parse_condition(when, PolicyKind.ICP),
        effect=Effect.DENY,
        reason="Added by a test.",
        owner="founder",
    )


def has(op: str, members: list[str]) -> dict[str, Any]:
    return {"fact": "send.copy_findings", "op": op, "value": members}


def trade(part: str) -> dict[str, Any]:
    return {"fact": "account.trade", "op": "contains", "value": part}


def policy_of(kind: str, *rules: tuple[str, dict[str, Any]]) -> PolicyText:
    said = {"reason": "A test.", "owner": "founder"}
    sources = [
        {"id": f"rule-{n}", "effect": effect, "when": when} | said
        for n, (effect, when) in enumerate(rules)
    ]
    return parse_policy({"kind": kind, "title": "Test", "rules": sources})


def send_policy(*rules: tuple[str, dict[str, Any]]) -> PolicyText:
    return policy_of("send", *rules)


def icp_policy(*rules: tuple[str, dict[str, Any]]) -> PolicyText:
    return policy_of("icp", *rules)
