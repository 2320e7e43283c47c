from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revenue.policies.catalogue import facts_to_json
from revenue.policies.conditions import PolicyText
from revenue.policies.evaluation import compile_policy
from revenue.policies.seeds import seed_policy
from revenue.policies.traces import TraceMismatch, trace_from_json, trace_to_json
from revenue.policies.vocabulary import PolicyKind
from tests.revenue.policies.strategies import facts, policies


@given(policies(), facts(), st.booleans())
def test_trace_of_any_outcome_reads_back_equal(
    text: PolicyText, seen: dict[str, Any], timing: bool
) -> None:
    policy = compile_policy(text)
    outcome = policy.explain(seen, timing=timing)

    stored = json.loads(json.dumps(trace_to_json(policy, outcome)))

    assert trace_from_json(policy, stored, seen) == outcome


@given(policies(), facts())
def test_stored_facts_give_the_verdict_of_the_seen_ones(
    text: PolicyText, seen: dict[str, Any]
) -> None:
    policy = compile_policy(text)
    stored = json.loads(json.dumps(facts_to_json(seen, PolicyKind.ICP)))

    assert policy.decide(stored, timing=True) == policy.decide(seen, timing=True)
    assert policy.explain(stored).trace.leaves == policy.explain(seen).trace.leaves


def test_trace_lists_rules_that_fired_or_might_have() -> None:
    policy = compile_policy(seed_policy(PolicyKind.SEND))
    outcome = policy.explain({"contact.suppressed": True, "send.kind": "reply"})

    stored = trace_to_json(policy, outcome)

    assert stored["effect"] == "deny"
    assert stored["rule"] == "suppressed"
    assert stored["fired"] == ["suppressed"]
    assert "unsubscribed" in stored["unknown"]
    assert "country-unknown" not in stored["unknown"]
    assert len(json.dumps(stored)) < 600


@pytest.mark.parametrize(
    "change",
    [
        {"leaves": "t"},
        {"format": 0},
        {"effect": "deny"},
        {"rule": "no-footer"},
        {"leaves": "x" * 42},
    ],
)
def test_trace_that_does_not_belong_to_the_text_is_refused(change: dict[str, Any]) -> None:
    policy = compile_policy(seed_policy(PolicyKind.SEND))
    stored = trace_to_json(policy, policy.explain({}))

    with pytest.raises(TraceMismatch):
        trace_from_json(policy, stored | change, {})
