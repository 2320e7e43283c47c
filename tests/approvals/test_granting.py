"""Asking for authority: what lets more go waits for another person, anything less is done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from approvals.changes.proposing import CannotPropose
from approvals.granting import LOWERED, TAKEN_BACK, ReasonMissing, ask_for, take_back
from approvals.models import ChangeRequest, SendState
from revenue.agents import authority
from revenue.agents.authority import Grant, NotStanding, lets_more
from revenue.models import Authority
from tests.approvals.granting import granted, opened
from tests.support.rows import ADMIN, NOW, installed

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(days=30)


@pytest.fixture(autouse=True)
def house(db: None) -> None:
    installed()


def wanted(level: int = 3, **limits: Any) -> Grant:
    return Grant(**{"seat": "sender", "action": "send_cold", "level": level, **limits})


def ask(level: int = 3, why: str = "They are good", **limits: Any) -> ChangeRequest | Authority:
    return ask_for(grant=wanted(level, **limits), why=why, by=ADMIN, now=NOW)


@pytest.mark.parametrize(
    ("has", "asked", "more"),
    [
        ({"level": 2}, {"level": 3}, True),
        ({"level": 3}, {"level": 2}, False),
        ({"level": 3}, {"level": 4}, True),
        ({"level": 3}, {"level": 3}, False),
        ({"level": 3, "per_day": 5}, {"level": 3, "per_day": 5}, False),
        ({"level": 3, "per_day": 5}, {"level": 3, "per_day": 6}, True),
        ({"level": 3, "per_day": 5}, {"level": 3}, True),
        ({"level": 3}, {"level": 3, "per_day": 5}, False),
        ({"level": 3, "max_value_minor": 5}, {"level": 3, "max_value_minor": 4}, False),
        ({"level": 3, "max_value_minor": 5}, {"level": 3, "max_value_minor": 6}, True),
        ({"level": 3, "valid_until": SOON}, {"level": 3}, True),
        ({"level": 3, "valid_until": NOW}, {"level": 2}, True),
        ({"level": 3}, {"level": 3, "segment": "canada"}, False),
        ({"level": 3, "per_day": 5}, {"level": 3, "per_day": 1, "segment": "canada"}, True),
        ({"level": 3, "segment": "canada"}, {"level": 3}, True),
        ({"level": 2, "per_day": 1}, {"level": 2}, False),
    ],
)
def test_what_lets_more_go(has: dict[str, Any], asked: dict[str, Any], more: bool) -> None:
    granted(**has)

    assert lets_more(wanted(**asked), now=NOW) is more


def test_more_is_proposed_with_the_evidence_and_changes_nothing_yet() -> None:
    change = ask(3, per_day=10)

    assert isinstance(change, ChangeRequest)
    assert (change.proposed_by, change.why) == (str(ADMIN), "They are good")
    assert change.evidence["certificate"]["clean"] == 0
    assert "bar" not in change.evidence
    standing = authority.standing_for("sender", "send_cold", "everything")
    assert standing is not None
    assert standing.level == 2


def test_less_is_done_at_once_and_asks_about_the_hold() -> None:
    granted(3)
    waiting = opened()

    done = ask(2, why="Too many complaints")

    assert isinstance(done, Authority)
    assert (done.level, done.evidence["why"]) == (2, "Too many complaints")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.state_reason) == (SendState.PENDING, LOWERED)


def test_taken_back_at_once_and_asks_about_the_hold() -> None:
    row = granted(3)
    waiting = opened()

    take_back(authority_id=row.pk, reason="Enough", by=ADMIN, now=NOW)

    assert authority.standing_for("sender", "send_cold", "everything") is None
    waiting.refresh_from_db()
    assert (waiting.state, waiting.state_reason) == (SendState.PENDING, TAKEN_BACK)
    with pytest.raises(NotStanding):
        take_back(authority_id=row.pk, reason="Again", by=ADMIN, now=NOW)


def test_no_change_without_a_reason() -> None:
    row = granted(3)

    with pytest.raises(ReasonMissing):
        ask(2, why=" ")
    with pytest.raises(ReasonMissing):
        take_back(authority_id=row.pk, reason=" ", by=ADMIN, now=NOW)


@pytest.mark.parametrize(
    ("seat", "action", "level", "words"),
    [
        ("closer", "send_agreement", 3, "Send an agreement never rises above level 2."),
        ("sender", "send_agreement", 2, "Send an agreement belongs to another seat."),
        ("pipeline", "log_outcome", 2, "A seat on the discovery side never commits us."),
    ],
)
def test_what_may_never_be_is_refused_in_words(
    seat: str, action: str, level: int, words: str
) -> None:
    with pytest.raises(CannotPropose, match=words):
        ask(level, seat=seat, action=action)
