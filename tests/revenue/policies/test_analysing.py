"""What is said about a text by itself agrees with trying every sort of input."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings

from revenue.policies.analysing import Finding, FindingKind, Severity, analyse
from revenue.policies.conditions import PolicyText, Rule, parse_policy
from revenue.policies.evaluation import compile_policy
from revenue.policies.seeds import seed_policy
from revenue.policies.vocabulary import Mode, PolicyKind, Stage
from tests.revenue.policies.strategies import policies
from tests.revenue.policies.test_proving import FEW, every_input

LOCATIONS = "account.locations"


def by_trying(text: PolicyText) -> list[tuple[str, str]]:
    """The finding of each rule, by asking the policies about every sort of input."""
    inputs = list(every_input(text))
    rules = [rule for rule in text.rules if rule.mode is not Mode.OFF]
    enforced = [rule.model_copy(update={"mode": Mode.ENFORCE}) for rule in rules]
    every = compile_policy(text.model_copy(update={"rules": tuple(enforced)}))
    came_to = [every.explain(seen, timing=True).trace.rules for seen in inputs]
    columns = {rule.id: tuple(rules[n] for rules in came_to) for n, rule in enumerate(rules)}
    found = []
    for position, rule in enumerate(rules):
        column = columns[rule.id]
        twins = [
            other
            for other in rules[:position]
            if columns[other.id] == column
            and (other.effect, other.stage, other.mode) == (rule.effect, rule.stage, rule.mode)
        ]
        if True not in column:
            found.append((rule.id, "never"))
        elif False not in column:
            found.append((rule.id, "always"))
        elif twins:
            found.append((rule.id, "duplicate"))
        elif rule.mode is Mode.ENFORCE and (kind := needless(text, rule, inputs)):
            found.append((rule.id, kind))
    return found


def needless(text: PolicyText, rule: Rule, inputs: list[dict[str, Any]]) -> str:
    without = tuple(other for other in text.rules if other is not rule)
    policy, other = compile_policy(text), compile_policy(text.model_copy(update={"rules": without}))
    here = [policy.decide(seen, timing=True) for seen in inputs]
    there = [other.decide(seen, timing=True) for seen in inputs]
    if rule.stage is Stage.TIMING:
        if all(decision.wait != rule.id for decision in here):
            return "unreachable"
        same = all((a.wait is None) is (b.wait is None) for a, b in zip(here, there, strict=True))
        return "idle" if same else ""
    if all(decision.rule != rule.id for decision in here):
        return "unreachable"
    return "idle" if all(a.effect is b.effect for a, b in zip(here, there, strict=True)) else ""


@settings(max_examples=80)
@given(policies(names=FEW, max_rules=5))
def test_findings_agree_with_trying_every_input(text: PolicyText) -> None:
    assert [(one.rule, one.kind.value) for one in analyse(text)] == by_trying(text)


def rule(name: str, effect: str, when: dict[str, Any], **changes: Any) -> dict[str, Any]:
    said = {"reason": f"The reason of {name}.", "owner": "founder"}
    return {"id": name, "effect": effect, "when": when} | said | changes


def found(*rules: dict[str, Any]) -> tuple[Finding, ...]:
    return analyse(parse_policy({"kind": "icp", "title": "Test", "rules": list(rules)}))


def locations(op: str, value: int) -> dict[str, Any]:
    return {"fact": LOCATIONS, "op": op, "value": value}


MANY = locations("ge", 2)


def test_contradiction_is_a_fault_that_may_still_hold_what_is_not_known() -> None:
    when = {"all": [locations("lt", 2), locations("gt", 5)]}

    assert found(rule("allowing", "allow", when), rule("holding", "hold", when)) == (
        Finding(
            Severity.FAULT,
            FindingKind.NEVER,
            "allowing",
            "Its condition can never be true: its comparisons contradict one another.",
        ),
        Finding(
            Severity.FAULT,
            FindingKind.NEVER,
            "holding",
            "Its condition can never be true: its comparisons contradict one another. "
            "It only holds what can't be judged.",
        ),
    )


def test_condition_that_tells_nothing_apart_is_a_fault() -> None:
    when = {"any": [locations("lt", 5), locations("gt", 2)]}

    (known, every) = found(
        rule("known", "hold", when),
        rule("every", "hold", {"any": [when, {"fact": LOCATIONS, "op": "is_unknown"}]}),
    )

    assert (known.kind, every.kind) == (FindingKind.ALWAYS, FindingKind.ALWAYS)
    assert known.sentence == "Its condition is true whenever what it asks for is known."
    assert every.sentence == "Its condition is always true: it tells nothing apart."


def test_unreachable_rule_names_the_fewest_that_cover_it() -> None:
    website = {"fact": "account.has_website", "op": "is", "value": True}
    (finding,) = found(
        rule("website", "hold", website),
        rule("from-two", "deny", MANY),
        rule("allow-from-three", "allow", locations("ge", 3)),
        rule("one", "allow", locations("eq", 1)),
    )

    assert finding == Finding(
        Severity.FAULT,
        FindingKind.UNREACHABLE,
        "allow-from-three",
        "It never decides anything: “from two” always speaks first.",
        ("from-two",),
    )


def test_same_condition_in_other_words_is_a_duplicate() -> None:
    other_words = {"not": {"any": [locations("lt", 2), locations("eq", 0)]}}

    first, second = found(rule("first", "allow", MANY), rule("second", "allow", other_words))

    assert (first.kind, first.rule) == (FindingKind.IDLE, "first")
    assert (second.kind, second.others) == (FindingKind.DUPLICATE, ("first",))
    assert second.sentence == "It does the same as “first”: one of the two can go."


def test_hold_that_the_default_would_give_is_only_a_note() -> None:
    (finding,) = found(rule("several", "allow", MANY), rule("one-only", "hold", locations("eq", 1)))

    assert (finding.severity, finding.kind) == (Severity.NOTE, FindingKind.IDLE)
    assert finding.sentence == "Without it the same would be held; it only gives the reason."


def test_rule_switched_off_is_not_looked_at() -> None:
    assert found(rule("a", "allow", MANY), rule("b", "allow", MANY, mode="off")) == ()


def test_first_policies_have_no_faults() -> None:
    found = [one for kind in PolicyKind for one in analyse(seed_policy(kind))]

    assert {one.severity for one in found} <= {Severity.NOTE}
    assert {one.kind for one in found} <= {FindingKind.IDLE}


def test_rules_for_which_time_ran_out_say_so() -> None:
    text = seed_policy(PolicyKind.ICP)

    findings = analyse(text, limit_s=0)

    assert [one.rule for one in findings] == [rule.id for rule in text.rules]
    assert {one.sentence for one in findings} == {"This rule could not be decided in 0 s."}
