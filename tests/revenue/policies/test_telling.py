"""Counterexamples read as a person would tell them."""

from __future__ import annotations

from typing import Any

import pytest

from revenue.policies.evaluation import Cause, Decision
from revenue.policies.seeds import seed_policy
from revenue.policies.telling import counterexample_words, facts_to_name
from revenue.policies.vocabulary import Effect, PolicyKind

HELD = Decision(Effect.HOLD, None, Cause.DEFAULT, "No rule.")
ALLOWED = Decision(Effect.ALLOW, "us-allowed", Cause.FIRED, "It may.")
DENIED = Decision(Effect.DENY, "suppressed", Cause.FIRED, "It may not.")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (
            {
                "send.kind": "reactivation",
                "contact.country": "CA",
                "contact.consent": "none",
                "mailbox.sent_today": 39,
            },
            "a reactivation to a contact in Canada without a consent record with 39 sends today",
        ),
        ({"send.kind": "reply"}, "a reply"),
        ({}, "a message"),
        ({"contact.country": "ZZ"}, "a message to a contact in ZZ"),
        ({"send.unsupported_claims": 1}, "a message with 1 unsupported claim"),
        ({"send.has_footer": False}, "a message that has no footer"),
        (
            {"send.kind": None, "contact.local_hour": 18},
            "a message where the kind of message is not known and the local time is 18:00",
        ),
        (
            {"contact.days_since_reply": 7, "account.days_since_relationship_fact": 1},
            "a message where the contact last replied 7 days ago and the newest relationship fact "
            "was noted 1 day ago",
        ),
        (
            {"account.days_since_relationship_fact": None},
            "a message where it is not known when the newest relationship fact was noted",
        ),
        (
            {"contact.suppressed": None},
            "a message where it is not known whether the address is on the suppression list",
        ),
    ],
)
def test_mail_in_words(facts: dict[str, Any], expected: str) -> None:
    assert counterexample_words(facts, HELD, ALLOWED) == f"{expected}: held before, allowed now"


def test_business_in_words() -> None:
    facts = {
        "account.category_group": "beauty",
        "account.locations": 3,
        "account.has_website": True,
        "account.has_phone": False,
        "account.rating": 4.5,
    }

    words = counterexample_words(facts, DENIED, ALLOWED, kind=PolicyKind.ICP)

    assert words == (
        "a business in the sector Beauty with 3 locations that has a website and has no phone "
        "where the public rating is 4.5: rejected before, accepted now"
    )


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            ALLOWED._replace(wait="weekend"),
            ALLOWED,
            "made to wait before, free to leave now",
        ),
        (
            ALLOWED,
            ALLOWED._replace(wait="weekend"),
            "free to leave before, made to wait now",
        ),
        (HELD._replace(wait="weekend"), ALLOWED, "held before, allowed now"),
    ],
)
def test_waiting_is_told_where_the_verdict_stays(
    before: Decision, after: Decision, expected: str
) -> None:
    assert counterexample_words({}, before, after) == f"a message: {expected}"


def test_kind_and_country_are_named_where_a_deciding_rule_asks_for_them() -> None:
    text = seed_policy(PolicyKind.SEND)
    others = {"send.kind": "cold", "contact.country": "US", "send.age_hours": 2}

    named = facts_to_name({"send.copy_blockers": 1}, others, ((text, HELD), (text, ALLOWED)))
    alone = facts_to_name({"send.copy_blockers": 1}, others, ((text, HELD), (text, HELD)))

    assert list(named.items()) == [
        ("send.kind", "cold"),
        ("send.copy_blockers", 1),
        ("contact.country", "US"),
    ]
    assert alone == {"send.copy_blockers": 1}
