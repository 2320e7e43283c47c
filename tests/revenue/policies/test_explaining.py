from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from revenue.policies.changing import what_would_change
from revenue.policies.conditions import PolicyText, Rule, parse_policy
from revenue.policies.evaluation import Cause, CompiledPolicy, compile_policy
from revenue.policies.explaining import (
    Answer,
    LineView,
    change_sentence,
    rule_sentence,
    verdict_sentence,
    view,
    wait_sentence,
)
from revenue.policies.seeds import seed_policy
from revenue.policies.vocabulary import Effect, PolicyKind
from tests.revenue.policies.samples import ALLOWED
from tests.revenue.policies.strategies import facts, policies


@pytest.fixture(scope="module")
def send() -> CompiledPolicy:
    return compile_policy(seed_policy(PolicyKind.SEND))


def rule(**changes: Any) -> Rule:
    source = {
        "id": "lately",
        "when": {"fact": "account.days_since_touch", "op": "lt", "value": 14},
        "effect": "hold",
        "reason": "The account heard from us only days ago.",
        "owner": "founder",
    } | changes
    return parse_policy({"kind": "send", "title": "Test", "rules": [source]}).rules[0]


WHEN = "when the time since we last wrote to the account is less than 14 days"
BECAUSE = "because the account heard from us only days ago."


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, f"Hold {WHEN}, {BECAUSE}"),
        ({"effect": "deny"}, f"Deny {WHEN}, {BECAUSE}"),
        ({"effect": "allow"}, f"Allow {WHEN}, {BECAUSE}"),
        ({"stage": "timing"}, f"Wait {WHEN}, {BECAUSE}"),
        ({"mode": "warn"}, f"Mark {WHEN}, {BECAUSE}"),
        ({"mode": "off"}, f"Switched off: Hold {WHEN}, {BECAUSE}"),
        ({"reason": "Canada asks for it."}, f"Hold {WHEN}, because Canada asks for it."),
        ({"reason": "No means no"}, f"Hold {WHEN}, because no means no."),
    ],
)
def test_rule_reads_back_as_one_sentence(changes: dict[str, Any], expected: str) -> None:
    assert rule_sentence(rule(**changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"contact.suppressed": True},
            "Denied: The address, its domain or its company is on the suppression list, and that "
            "list is never overruled.",
        ),
        (
            {"contact.role_relevant": None},
            "Held: it is not known whether the message fits the contact's role, so the rule "
            "“Canada: message and role” may apply. A published address may be used in Canada only "
            "for a message that fits the person's role.",
        ),
        (
            {"contact.consent": None, "contact.published_evidence": None},
            "Held: the consent on record is not known and it is not known whether we hold proof "
            "that the address was published, so the rule “Canada: neither consent nor "
            "publication” may apply. Canadian law asks for consent, or for proof that the address "
            "was published; this contact has neither.",
        ),
    ],
)
def test_verdict_says_what_was_decided_and_why(
    send: CompiledPolicy, changes: dict[str, Any], expected: str
) -> None:
    assert verdict_sentence(send, send.explain(ALLOWED | changes)) == expected


def test_verdict_without_a_rule_says_so() -> None:
    empty = compile_policy(PolicyText(kind=PolicyKind.ICP, title="Empty", rules=()))

    assert verdict_sentence(empty, empty.explain({})) == "Held: No rule allows it."


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ""),
        (
            {"contact.local_hour": 19.25},
            "Waits: Our mail goes out between 08:00 and 17:30 of the recipient's time.",
        ),
        (
            {"contact.local_holiday": None},
            "Waits: it is not known whether it is a public holiday at the recipient, so the rule "
            "“Public holiday” may apply. Nobody wants our mail on a holiday.",
        ),
    ],
)
def test_wait_says_why(send: CompiledPolicy, changes: dict[str, Any], expected: str) -> None:
    assert wait_sentence(send, send.explain(ALLOWED | changes, timing=True)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"contact.country": "DE"}, "Allowed if the consent on record is express."),
        ({"contact.country": None}, "Allowed if the country of the contact is known and GB."),
        (
            {"contact.role_relevant": None},
            "Allowed if the message fits the contact's role.",
        ),
        (
            {"account.touches_90d": 2, "account.days_since_touch": 3},
            "Allowed if the number of messages to the account in 90 days is 0.",
        ),
        (
            {"send.kind": "reply"},
            "Allowed if the time since the contact last replied is known.",
        ),
        (
            {"account.touches_90d": 2, "send.copy_blockers": 1},
            "Allowed if the number of copy faults is 0 and the time since we last wrote to the "
            "account is known and at least 10 days.",
        ),
    ],
)
def test_change_says_what_would_have_let_it_go(
    send: CompiledPolicy, changes: dict[str, Any], expected: str
) -> None:
    change = what_would_change(send, send.explain(ALLOWED | changes), towards=Effect.ALLOW)

    assert change is not None
    assert change_sentence(change) == expected


def test_change_of_an_allowed_send_says_what_would_have_stopped_it(send: CompiledPolicy) -> None:
    change = what_would_change(send, send.explain(ALLOWED), towards=Effect.DENY)

    assert change is not None
    assert change_sentence(change) == "Denied if the address is on the suppression list."


def test_view_shows_the_deciding_rule_first_and_the_others_in_order(send: CompiledPolicy) -> None:
    shown = view(send, send.explain(ALLOWED | {"contact.country": "DE"}))

    ids = [rule.id for rule in send.text.rules]
    ids.remove("europe-needs-consent")
    assert [rule.id for rule in shown.rules] == ["europe-needs-consent", *ids]
    assert [rule.is_deciding for rule in shown.rules].count(True) == 1
    assert (shown.effect, shown.cause, shown.waits) == (Effect.DENY, Cause.FIRED, "")


def test_view_shows_each_comparison_with_what_it_saw(send: CompiledPolicy) -> None:
    shown = view(send, send.explain(ALLOWED | {"contact.country": "DE"}))

    assert shown.rules[0].lines == (
        LineView(0, "all of these", Answer.YES, is_group=True),
        LineView(
            1, "kind of message is a cold mail, needs anything but a reply", Answer.YES, False
        ),
        LineView(
            1,
            "country of the contact is DE, needs AT, BE, BG, CH or one of 27 more",
            Answer.YES,
            False,
        ),
        LineView(
            1,
            "consent on record is implied by publication, needs anything but express",
            Answer.YES,
            False,
        ),
    )


def test_view_at_review_marks_timing_rules_as_not_asked(send: CompiledPolicy) -> None:
    at_review = {rule.id: rule for rule in view(send, send.explain(ALLOWED)).rules}
    at_delivery = {rule.id: rule for rule in view(send, send.explain(ALLOWED, timing=True)).rules}

    assert at_review["quiet-hours"].answer is Answer.NOT_ASKED
    assert at_review["quiet-hours"].lines == ()
    assert at_delivery["quiet-hours"].answer is Answer.NO


def test_view_lists_rules_that_only_warn(send: CompiledPolicy) -> None:
    shown = view(send, send.explain(ALLOWED | {"send.copy_warnings": 3}))

    assert shown.effect is Effect.ALLOW
    assert [rule.id for rule in shown.warnings] == ["copy-warnings"]


@given(policies(), facts())
def test_view_of_any_outcome_is_complete(text: PolicyText, seen: dict[str, Any]) -> None:
    policy = compile_policy(text)

    shown = view(policy, policy.explain(seen, timing=True))

    assert {rule.id for rule in shown.rules} == {rule.id for rule in text.rules}
    assert shown.sentence.endswith(".")
    for rule in shown.rules:
        assert (rule.answer is Answer.NOT_ASKED) is (rule.mode == "off") is (rule.lines == ())
        if rule.lines:
            assert rule.lines[0].answer is rule.answer
