from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings

from revenue.policies.comparing import compile_leaf
from revenue.policies.conditions import Leaf, PolicyText, parse_condition, parse_policy
from revenue.policies.evaluation import Cause, compile_policy
from revenue.policies.kleene import combine
from revenue.policies.vocabulary import Effect, PolicyKind
from tests.revenue.policies import reference
from tests.revenue.policies.strategies import conditions, facts, policies

LOCATIONS = "account.locations"
PHONE = {"fact": "account.has_phone", "op": "is", "value": True}
MANY = {"fact": LOCATIONS, "op": "ge", "value": 2}


def rule(rule_id: str, when: dict[str, Any], effect: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": rule_id,
        "when": when,
        "effect": effect,
        "reason": f"Because of {rule_id}.",
        "owner": "founder",
    } | changes


def policy(*rules: dict[str, Any]) -> PolicyText:
    return parse_policy({"kind": "icp", "title": "Test", "rules": list(rules)})


def known_of(seen: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in seen.items() if reference.is_known(name, value)}


class Brand(enum.StrEnum):
    CANADA = "CA"


class Unhashable(str):
    """A text that can't be looked up."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]


class Failing(Mapping[str, object]):
    """Facts of which one can't be read."""

    def __init__(self, facts: dict[str, object], broken: str) -> None:
        self.facts = facts
        self.broken = broken

    def __getitem__(self, name: str) -> object:
        if name == self.broken:
            raise ZeroDivisionError(name)
        return self.facts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.facts)

    def __len__(self) -> int:
        return len(self.facts)


@pytest.mark.parametrize(
    ("op", "value", "seen", "expected"),
    [
        ("eq", 2, 2, True),
        ("eq", 2, 2.0, True),
        ("eq", 2, 3, False),
        ("ne", 2, 3, True),
        ("ne", 2, 2, False),
        ("lt", 2, 1, True),
        ("lt", 2, 2, False),
        ("le", 2, 2, True),
        ("le", 2, 3, False),
        ("gt", 2, 3, True),
        ("gt", 2, 2, False),
        ("ge", 2, 2, True),
        ("ge", 2, 1, False),
        ("between", [2, 4], 4, True),
        ("between", [2, 4], 5, False),
        ("is_known", None, 0, True),
        ("is_known", None, None, False),
        ("is_known", None, "2", False),
        ("is_unknown", None, None, True),
        ("is_unknown", None, 0, False),
        ("ge", 2, None, None),
        ("ge", 2, "2", None),
        ("ge", 0, True, None),
        ("ge", 2, -1, None),
        ("lt", 2, -1, None),
        ("ge", 2, float("nan"), None),
        ("ge", 2, float("inf"), None),
        ("ge", 2, [2], None),
        ("ne", 2, {"a": 2}, None),
    ],
)
def test_number_compared(op: str, value: Any, seen: Any, expected: bool | None) -> None:
    source = {"fact": LOCATIONS, "op": op} | ({} if value is None else {"value": value})
    leaf = parse_condition(source, PolicyKind.ICP)
    assert isinstance(leaf, Leaf)

    assert compile_leaf(leaf)({LOCATIONS: seen}.get) is expected


@pytest.mark.parametrize(
    ("fact", "op", "value", "seen", "expected"),
    [
        ("account.has_phone", "is", True, True, True),
        ("account.has_phone", "is", False, True, False),
        ("account.has_phone", "is", False, 0, None),
        ("account.country", "eq", "CA", Brand.CANADA, True),
        ("account.country", "eq", "CA", "ca", False),
        ("account.country", "not_in", ["US", "CA"], "DE", True),
        ("account.country", "not_in", ["US", "CA"], 5, None),
        ("account.trade", "contains", "YOGA", "Hot yoga studio", True),
        ("account.trade", "contains", "Ä", "ärzte", False),
        ("account.trade", "contains", "spa", ["spa"], None),
        ("account.category", "ne", "spa", "dental", True),
        ("account.category", "ne", "spa", "moon", None),
        ("account.category", "in", ["spa"], ["spa"], None),
        ("account.source_names", "has_any", ["osm"], {"osm", "langley"}, True),
        ("account.source_names", "has_none", ["osm"], ("langley",), True),
        ("account.source_names", "has_all", ["osm", "own"], ["osm"], False),
        ("account.source_names", "has_all", ["osm"], "osm", None),
        ("account.source_names", "has_none", ["osm"], ["langley", 3], None),
    ],
)
def test_other_types_compared(
    fact: str, op: str, value: Any, seen: Any, expected: bool | None
) -> None:
    leaf = parse_condition({"fact": fact, "op": op, "value": value}, PolicyKind.ICP)
    assert isinstance(leaf, Leaf)

    assert compile_leaf(leaf)({fact: seen}.get) is expected


@settings(max_examples=500)
@given(conditions(), facts())
def test_condition_of_any_shape_follows_kleene(
    source: dict[str, Any], seen: dict[str, Any]
) -> None:
    condition = parse_condition(source, PolicyKind.ICP)

    assert combine(condition, compile_leaf)(seen.get) is reference.truth(condition, seen)


@settings(max_examples=500)
@given(policies(), facts())
def test_decide_and_explain_of_any_policy_agree_with_the_reference(
    text: PolicyText, seen: dict[str, Any]
) -> None:
    compiled = compile_policy(text)
    expected = reference.verdict(text, seen)
    waits = reference.waits(text, seen)

    quick = compiled.decide(seen)
    at_delivery = compiled.decide(seen, timing=True)
    outcome = compiled.explain(seen)
    full = compiled.explain(seen, timing=True)

    assert (quick.effect, quick.rule) == expected
    assert quick == outcome.decision
    assert at_delivery == full.decision == quick._replace(wait=waits[0] if waits else None)
    assert (outcome.waits, list(full.waits)) == ((), waits)
    of_content = {rule.id for rule in compiled.program(timing=False).rules}
    assert outcome.warnings == tuple(rule for rule in full.warnings if rule in of_content)


@given(policies(), facts())
def test_verdict_of_any_policy_never_allows_by_what_is_unknown(
    text: PolicyText, seen: dict[str, Any]
) -> None:
    decision = compile_policy(text).decide(seen)

    if decision.effect is Effect.ALLOW:
        assert decision.rule is not None
        assert reference.truth(text.rule(decision.rule).when, seen) is True


@settings(max_examples=300)
@given(policies(knowledge=False), facts(), facts())
def test_verdict_that_does_not_need_a_fact_stays_whatever_it_turns_out_to_be(
    text: PolicyText, seen: dict[str, Any], found_out: dict[str, Any]
) -> None:
    compiled = compile_policy(text)
    before = compiled.decide(seen)
    after = compiled.decide(found_out | known_of(seen))

    if before.effect is not Effect.HOLD:
        assert after.effect is before.effect


@given(policies(), facts())
def test_removing_an_allow_rule_never_newly_allows(text: PolicyText, seen: dict[str, Any]) -> None:
    before = compile_policy(text).decide(seen).effect

    for left_out in text.rules:
        if left_out.effect is Effect.ALLOW:
            rest = tuple(rule for rule in text.rules if rule is not left_out)
            after = compile_policy(text.model_copy(update={"rules": rest})).decide(seen).effect
            assert after is before or after is not Effect.ALLOW


@given(policies(), conditions(), facts())
def test_adding_a_deny_rule_never_newly_allows(
    text: PolicyText, when: dict[str, Any], seen: dict[str, Any]
) -> None:
    before = compile_policy(text).decide(seen).effect
    added = policy(rule("added", when, "deny")).rules
    after = compile_policy(text.model_copy(update={"rules": (*text.rules, *added)})).decide(seen)

    assert before is Effect.ALLOW or after.effect is not Effect.ALLOW


def test_decide_when_all_effects_fire_denies() -> None:
    compiled = compile_policy(
        policy(rule("a", PHONE, "allow"), rule("h", PHONE, "hold"), rule("d", PHONE, "deny"))
    )

    decision = compiled.decide({"account.has_phone": True})

    assert (decision.effect, decision.rule, decision.cause) == (Effect.DENY, "d", Cause.FIRED)
    assert decision.reason == "Because of d."


def test_decide_when_a_deny_rule_is_unknown_holds_by_it() -> None:
    compiled = compile_policy(policy(rule("d", MANY, "deny"), rule("a", PHONE, "allow")))

    decision = compiled.decide({"account.has_phone": True})

    assert (decision.effect, decision.rule, decision.cause) == (Effect.HOLD, "d", Cause.UNKNOWN)
    assert decision.reason == "It can't be told whether the rule “d” applies. Because of d."


def test_decide_names_the_first_rule_in_order_among_those_that_hold() -> None:
    compiled = compile_policy(
        policy(rule("h", PHONE, "hold"), rule("d", MANY, "deny"), rule("h2", PHONE, "hold"))
    )

    assert compiled.decide({"account.has_phone": True}).rule == "h"
    assert compiled.decide({"account.has_phone": False}).rule == "d"
    assert compiled.decide({}).rule == "h"


def test_decide_without_any_rule_holds_by_default() -> None:
    decision = compile_policy(policy()).decide({})

    assert decision == (Effect.HOLD, None, Cause.DEFAULT, "No rule allows it.", None)


def test_rules_that_warn_or_are_off_decide_nothing() -> None:
    compiled = compile_policy(
        policy(
            rule("w", PHONE, "deny", mode="warn"),
            rule("o", PHONE, "deny", mode="off"),
            rule("a", PHONE, "allow"),
        )
    )

    outcome = compiled.explain({"account.has_phone": True})

    assert outcome.decision.effect is Effect.ALLOW
    assert outcome.warnings == ("w",)
    assert [rule.id for rule in compiled.program(timing=False).rules] == ["w", "a"]


def test_timing_rule_that_fires_waits_and_leaves_the_verdict_alone() -> None:
    compiled = compile_policy(
        policy(
            rule("late", {"not": PHONE}, "hold", stage="timing"),
            rule("many", MANY, "hold", stage="timing"),
            rule("a", MANY, "allow"),
        )
    )
    facts = {"account.has_phone": False, LOCATIONS: 3}

    assert compiled.decide(facts).wait is None
    assert compiled.decide(facts, timing=True) == (
        Effect.ALLOW,
        "a",
        Cause.FIRED,
        "Because of a.",
        "late",
    )
    assert compiled.explain(facts, timing=True).waits == ("late", "many")


def test_timing_rule_that_is_unknown_waits() -> None:
    compiled = compile_policy(policy(rule("late", PHONE, "hold", stage="timing")))

    assert compiled.decide({}, timing=True).wait == "late"
    assert compiled.decide({"account.has_phone": False}, timing=True).wait is None


def test_trace_holds_what_each_rule_and_comparison_came_to() -> None:
    compiled = compile_policy(
        policy(rule("d", {"any": [PHONE, MANY]}, "deny"), rule("a", {"not": PHONE}, "allow"))
    )

    trace = compiled.explain({LOCATIONS: 1}).trace

    assert trace.rules == (None, None)
    assert trace.leaves == (None, False)
    assert trace.values == (None, 1)
    assert compiled.program(timing=False).facts == ("account.has_phone", LOCATIONS)


def test_fact_that_raises_holds_and_is_named() -> None:
    compiled = compile_policy(policy(rule("d", MANY, "deny"), rule("a", PHONE, "allow")))
    facts = Failing({"account.has_phone": True}, broken=LOCATIONS)

    decision = compiled.decide(facts)
    outcome = compiled.explain(facts)

    assert decision == outcome.decision
    assert (decision.effect, decision.rule, decision.cause) == (Effect.HOLD, "d", Cause.ERROR)
    assert decision.reason == "The rule “d” could not be evaluated: ZeroDivisionError."
    assert outcome.trace.errors == {LOCATIONS: "ZeroDivisionError"}


def test_fact_that_raises_in_the_only_allow_rule_is_named() -> None:
    compiled = compile_policy(policy(rule("a", MANY, "allow")))

    decision = compiled.decide(Failing({}, broken=LOCATIONS))

    assert (decision.effect, decision.rule, decision.cause) == (Effect.HOLD, "a", Cause.ERROR)


def test_fact_that_raises_in_a_timing_rule_waits() -> None:
    compiled = compile_policy(
        policy(rule("late", MANY, "hold", stage="timing"), rule("a", PHONE, "allow"))
    )
    facts = Failing({"account.has_phone": True}, broken=LOCATIONS)

    decision = compiled.decide(facts, timing=True)

    assert (decision.effect, decision.wait) == (Effect.ALLOW, "late")


def test_fact_that_raises_does_not_count_as_unknown_for_a_rule_that_asks() -> None:
    asks = {"fact": LOCATIONS, "op": "is_unknown"}
    compiled = compile_policy(policy(rule("a", asks, "allow")))

    assert compiled.decide({}).effect is Effect.ALLOW
    assert compiled.decide(Failing({}, broken=LOCATIONS)).effect is Effect.HOLD


def test_value_that_raises_when_compared_holds_and_is_named() -> None:
    spa = {"fact": "account.category", "op": "eq", "value": "spa"}
    compiled = compile_policy(policy(rule("d", spa, "deny"), rule("a", PHONE, "allow")))
    facts = {"account.category": Unhashable("spa"), "account.has_phone": True}

    decision = compiled.decide(facts)

    assert (decision.effect, decision.rule, decision.cause) == (Effect.HOLD, "d", Cause.ERROR)
    assert compiled.explain(facts).trace.errors == {"account.category": "TypeError"}


@given(policies(knowledge=False), facts())
def test_fact_that_raises_is_judged_like_an_unknown_one(
    text: PolicyText, seen: dict[str, Any]
) -> None:
    compiled = compile_policy(text)
    without = {name: value for name, value in seen.items() if name != LOCATIONS}
    failing = Failing(seen, broken=LOCATIONS)

    assert compiled.decide(failing, timing=True).effect is compiled.decide(without).effect
    assert compiled.explain(failing).decision.effect is compiled.decide(without).effect
