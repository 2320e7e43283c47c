from __future__ import annotations

from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given, settings

from revenue.policies.boundaries import representatives
from revenue.policies.catalogue import CATALOGUE
from revenue.policies.changing import MAX_FACTS, what_would_change
from revenue.policies.conditions import PolicyText, parse_policy
from revenue.policies.evaluation import CompiledPolicy, compile_policy
from revenue.policies.seeds import seed_policy
from revenue.policies.vocabulary import Effect, PolicyKind
from tests.revenue.policies.samples import ALLOWED
from tests.revenue.policies.strategies import facts, policies

FEW = ("account.category_group", "account.locations", "account.has_website", "account.country")
LOCATIONS = "account.locations"
SMALL = settings(max_examples=150)


def fewest(policy: CompiledPolicy, seen: dict[str, Any], targets: set[Effect]) -> int | None:
    """The size of the smallest change, by trying them all."""
    program = policy.program(timing=False)
    values = {
        name: representatives(
            CATALOGUE[name], [leaf for leaf in program.leaves if leaf.fact == name]
        )
        for name in program.facts
    }
    for size in range(1, len(values) + 1):
        for names in combinations(values, size):
            for chosen in product(*(values[name] for name in names)):
                changed = seen | dict(zip(names, chosen, strict=True))
                if policy.decide(changed).effect in targets:
                    return size
    return None


@SMALL
@given(policies(names=FEW, max_rules=4), facts(FEW))
def test_change_towards_any_verdict_is_real_and_smallest(
    text: PolicyText, seen: dict[str, Any]
) -> None:
    policy = compile_policy(text)
    outcome = policy.explain(seen)

    for effect in set(Effect) - {outcome.decision.effect}:
        change = what_would_change(policy, outcome, towards=effect)
        size = fewest(policy, seen, {effect})
        assert (len(change.values) if change else None) == size
        if change:
            assert policy.decide(seen | change.values).effect is change.effect is effect


@SMALL
@given(policies(names=FEW, max_rules=4), facts(FEW))
def test_change_without_a_goal_is_the_smallest_of_all(
    text: PolicyText, seen: dict[str, Any]
) -> None:
    policy = compile_policy(text)
    outcome = policy.explain(seen)

    change = what_would_change(policy, outcome)

    size = fewest(policy, seen, set(Effect) - {outcome.decision.effect})
    assert (len(change.values) if change else None) == size


@SMALL
@given(policies(names=FEW, max_rules=4), facts(FEW))
def test_change_flips_exactly_the_comparisons_that_decide_differently(
    text: PolicyText, seen: dict[str, Any]
) -> None:
    policy = compile_policy(text)
    outcome = policy.explain(seen, timing=True)
    change = what_would_change(policy, outcome)
    if change is None:
        return

    program = policy.program(timing=True)
    after = policy.explain(seen | change.values, timing=True).trace.leaves

    for flip in change.flips:
        position = program.leaf_index[flip.leaf]
        assert after[position] is flip.to
        assert outcome.trace.leaves[position] is flip.was is not flip.to
    assert {flip.leaf.fact for flip in change.flips} == set(change.values)


def test_change_may_leave_other_comparisons_on_the_same_fact_as_they_are() -> None:
    rules = [
        {"id": "too-many", "when": {"fact": LOCATIONS, "op": "ge", "value": 5}, "effect": "deny"},
        {"id": "enough", "when": {"fact": LOCATIONS, "op": "ge", "value": 2}, "effect": "allow"},
    ]
    said = {"reason": "A test.", "owner": "founder"}
    source = {"kind": "icp", "title": "Test", "rules": [rule | said for rule in rules]}
    policy = compile_policy(parse_policy(source))

    change = what_would_change(policy, policy.explain({LOCATIONS: 1}), towards=Effect.ALLOW)

    assert change is not None
    assert change.values == {LOCATIONS: 2}
    assert [flip.leaf.value for flip in change.flips] == [2]


def test_change_is_the_same_every_time() -> None:
    policy = compile_policy(seed_policy(PolicyKind.SEND))
    outcome = policy.explain(ALLOWED | {"contact.country": "DE"})

    found = [what_would_change(policy, outcome, towards=Effect.ALLOW) for _ in range(3)]

    assert found[0] is not None
    assert found[0] == found[1] == found[2]


def test_change_prefers_to_find_out_what_is_not_known() -> None:
    policy = compile_policy(seed_policy(PolicyKind.SEND))
    seen = ALLOWED | {"contact.country": "GB", "contact.legal_form": None}

    change = what_would_change(policy, policy.explain(seen), towards=Effect.ALLOW)

    assert change is not None
    assert change.values == {"contact.legal_form": "company"}


def test_change_prefers_what_somebody_can_change() -> None:
    policy = compile_policy(seed_policy(PolicyKind.SEND))
    seen = ALLOWED | {"contact.country": "DE"}

    change = what_would_change(policy, policy.explain(seen), towards=Effect.ALLOW)

    assert change is not None
    assert change.values == {"contact.consent": "express"}


def test_change_that_needs_too_many_facts_is_none() -> None:
    policy = compile_policy(seed_policy(PolicyKind.SEND))

    assert what_would_change(policy, policy.explain({}), towards=Effect.ALLOW) is None


def test_change_of_as_many_facts_as_the_bound_is_found() -> None:
    policy = compile_policy(seed_policy(PolicyKind.SEND))
    seen = ALLOWED | {
        "contact.suppressed": True,
        "send.has_footer": False,
        "send.copy_blockers": 2,
        "account.open_sends": 1,
    }

    change = what_would_change(policy, policy.explain(seen), towards=Effect.ALLOW)

    assert change is not None
    assert len(change.values) == MAX_FACTS


def test_change_where_no_rule_could_ever_do_it_is_none() -> None:
    policy = compile_policy(parse_policy({"kind": "icp", "title": "Empty", "rules": []}))

    assert what_would_change(policy, policy.explain({})) is None


def test_change_towards_the_verdict_itself_is_refused() -> None:
    policy = compile_policy(seed_policy(PolicyKind.SEND))

    with pytest.raises(ValueError, match="already"):
        what_would_change(policy, policy.explain({}), towards=Effect.HOLD)
