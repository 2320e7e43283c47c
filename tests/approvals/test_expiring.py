"""Authority that ends by the clock, and what may still leave by it: nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from approvals.certificates import WINDOW, current_basis
from approvals.changes.deciding import EVIDENCE_GONE, decide_change
from approvals.changes.proposing import propose_grant
from approvals.confidence import clears, holds_until
from approvals.expiring import (
    NOTHING_LEFT,
    TERM_OVER,
    end_what_ran_out,
    ending_by_seat,
    ending_soon,
)
from approvals.granting import ask_for, evidence_for
from approvals.holding import ENDED, lapsed
from approvals.models import Audit, ChangeRequest, ChangeState, Finding, SendState
from approvals.promoting import reconsider
from approvals.resting import renew
from revenue.agents import authority
from revenue.agents.authority import Grant
from revenue.models import Authority, House, LedgerEvent
from tests.approvals.granting import granted, opened
from tests.support.rows import ADMIN, FOUNDER, NOW, installed, make_pending_sends

pytestmark = pytest.mark.django_db
LEVEL_3 = Grant("sender", "send_cold", 3)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def house(db: None) -> None:
    installed()


def audits(count: int, *, at: datetime, finding: Finding = Finding.CLEAN, **fields: Any) -> None:
    defaults = {
        "seat_id": "sender", "action_id": "send_cold", "segment_id": "everything", "level": 2,
        "rate": 1.0, "basis": current_basis("send_cold"), "drawn_at": at, "finding": finding,
        "found_at": at, "found_by": str(FOUNDER),
    }  # fmt: skip
    Audit.objects.bulk_create(
        Audit(send=send, **{**defaults, **fields}) for send in make_pending_sends(count, now=NOW)
    )


def earned(*, at: datetime = NOW) -> Authority:
    """Level 3 on sixty-seven clean audits, as a change request grants it."""
    audits(67, at=at)
    change = propose_grant(
        grant=LEVEL_3, why="", evidence=evidence_for(LEVEL_3, now=at), by=FOUNDER, now=at
    )
    decide_change(change_id=change.pk, choice="approve", reason="", by=ADMIN, now=at)
    return standing()


def standing() -> Authority:
    row = authority.standing_for("sender", "send_cold", "everything")
    assert row is not None
    return row


# How long evidence bears -------------------------------------------------------------------------


@given(
    found=st.lists(
        st.tuples(st.integers(0, 40), st.sampled_from([True] * 9 + [False])), max_size=160
    ),
    bar=st.sampled_from([0.05, 0.1, 0.3]),
)
def test_evidence_bears_exactly_until_it_does_not(
    found: list[tuple[int, bool]], bar: float
) -> None:
    rows = sorted((NOW + day * DAY, clean) for day, clean in found)

    until = holds_until(rows, bar=bar, window=WINDOW)

    def clear_at(moment: datetime) -> bool:
        left = [clean for at, clean in rows if at > moment - WINDOW]
        return clears(bar, clean=sum(left), faults=len(left) - sum(left))

    start = NOW + 40 * DAY
    moments = [at + WINDOW for at, _ in rows]
    first_not = next((moment for moment in [start, *sorted(moments)] if not clear_at(moment)), None)
    expected = None if first_not in (None, start) else first_not
    assert until == expected


def test_grant_on_evidence_knows_how_long_it_bears() -> None:
    row = earned()

    assert row.evidence_until == NOW + WINDOW
    assert granted(3).evidence_until is None


def test_clean_audits_prolong_it_and_their_number_counts() -> None:
    row = earned()
    audits(66, at=NOW + 10 * DAY)

    renew(row, now=NOW + 10 * DAY)
    assert standing().evidence_until == NOW + WINDOW

    audits(1, at=NOW + 11 * DAY)
    renew(row, now=NOW + 11 * DAY)
    assert standing().evidence_until == NOW + 10 * DAY + WINDOW


def test_each_finding_moves_it() -> None:
    row = earned()
    audits(67, at=NOW + 10 * DAY)

    reconsider(audit=Audit.objects.latest("id"), now=NOW + 10 * DAY)

    assert standing().pk == row.pk
    assert standing().evidence_until == NOW + 10 * DAY + WINDOW


# In the moment between the end and the sweep ------------------------------------------------------


@pytest.mark.parametrize(("before", "state"), [(1, SendState.APPROVED), (0, SendState.PENDING)])
def test_nothing_is_let_go_from_the_moment_itself(before: int, state: str) -> None:
    row = earned()
    assert row.evidence_until is not None

    send = opened(now=row.evidence_until - timedelta(microseconds=before))

    assert send.state == state
    assert standing().pk == row.pk  # no sweep has come


@pytest.mark.parametrize(("before", "doubt"), [(1, ""), (0, ENDED)])
def test_what_is_in_the_hold_is_asked_about_at_its_claim(before: int, doubt: str) -> None:
    row = earned()
    send = opened(now=NOW + DAY)
    assert send.approval is not None
    assert row.evidence_until is not None
    at = row.evidence_until - timedelta(microseconds=before)

    facts = send.verdict.facts if send.verdict else {}
    assert lapsed(send, effect="allow", reason="", facts=facts, now=at) == doubt


# The sweep ---------------------------------------------------------------------------------------


def test_what_was_granted_for_a_time_falls_to_a_person_with_its_hold() -> None:
    row = granted(3, valid_until=NOW + DAY)
    send = opened(now=NOW)
    assert send.state == SendState.APPROVED

    assert end_what_ran_out(now=NOW + DAY - timedelta(microseconds=1)) == 0
    assert end_what_ran_out(now=NOW + DAY) == 1
    assert end_what_ran_out(now=NOW + DAY) == 0

    row.refresh_from_db()
    assert (row.ended_at, row.ended_by, row.end_reason) == (NOW + DAY, "system:clock", TERM_OVER)
    assert (standing().level, standing().valid_until) == (2, None)
    send.refresh_from_db()
    assert (send.state, send.state_reason) == (SendState.PENDING, TERM_OVER)
    event = LedgerEvent.objects.get(kind="authority.ran_out")
    assert (event.subject, event.actor) == ("seat:sender", "system:clock")
    assert event.data == {
        "authority": row.pk, "action": "send_cold", "segment": "everything", "level": 3,
        "reason": TERM_OVER,
    }  # fmt: skip


def test_lower_level_that_was_granted_for_a_time_ends() -> None:
    row = granted(2, segment="canada", valid_until=NOW + DAY)

    assert end_what_ran_out(now=NOW + DAY) == 1

    row.refresh_from_db()
    assert row.end_reason == TERM_OVER
    assert authority.standing_for("sender", "send_cold", "canada") is None


def test_evidence_that_has_grown_too_old_lowers_what_rests_on_it() -> None:
    row = earned()
    audits(3, at=NOW + 100 * DAY)

    end_what_ran_out(now=NOW + WINDOW - HOUR)
    assert standing().pk == row.pk
    end_what_ran_out(now=NOW + WINDOW)

    row.refresh_from_db()
    assert row.end_reason is not None
    assert row.end_reason.startswith("Too little is left of what it rested on: of the mails that")
    assert row.end_reason.endswith("the bar is 5.0%.")
    assert standing().level == 2
    assert standing().evidence["certificate"]["clean"] == 3


def test_evidence_of_which_nothing_is_left_says_so() -> None:
    row = earned()

    end_what_ran_out(now=NOW + WINDOW)

    row.refresh_from_db()
    assert row.end_reason == NOTHING_LEFT


def test_bar_that_is_raised_reaches_what_stands() -> None:
    row = earned()
    House.objects.update(audited_bar=0.01)

    end_what_ran_out(now=NOW + HOUR)

    row.refresh_from_db()
    assert row.ended_at == NOW + HOUR


def test_grant_on_a_persons_word_stays() -> None:
    row = granted(4)

    assert end_what_ran_out(now=NOW + 400 * DAY) == 0
    assert standing() == row


# Before the end ----------------------------------------------------------------------------------


def test_what_ends_within_a_week_is_told_at_its_seat() -> None:
    row = granted(3, valid_until=NOW + 30 * DAY)
    granted(3, segment="canada")

    assert [list(ending_soon(now=NOW + days * DAY)) for days in (22, 23, 29, 30)] == [
        [], [row], [row], [],
    ]  # fmt: skip


def test_chart_counts_what_ends_within_a_week() -> None:
    granted(3, valid_until=timezone.now() + 6 * DAY)
    granted(3, segment="canada", valid_until=timezone.now() + 8 * DAY)

    assert ending_by_seat() == {"sender": [("level ends within a week", 1, "/seats/sender/")]}


# What rests on evidence can't be made to last -----------------------------------------------------


def test_asking_for_less_keeps_what_the_grant_rested_on() -> None:
    earned()
    later = NOW + 5 * DAY
    Audit.objects.update(basis="older")

    asked = ask_for(
        grant=Grant("sender", "send_cold", 3, per_day=5), why="Slower", by=FOUNDER, now=later
    )

    assert isinstance(asked, Authority)
    assert asked.evidence["bar"] == 0.05
    assert asked.evidence["since"] == NOW.isoformat()
    assert asked.evidence_until is not None


def test_part_of_what_rests_on_evidence_is_proposed() -> None:
    earned()

    asked = ask_for(
        grant=Grant("sender", "send_cold", 3, segment="canada"), why="Here", by=FOUNDER, now=NOW
    )

    assert isinstance(asked, ChangeRequest)


def test_evidence_that_is_gone_by_the_decision_lets_the_request_lapse() -> None:
    audits(67, at=NOW)
    change = propose_grant(
        grant=LEVEL_3, why="", evidence=evidence_for(LEVEL_3, now=NOW), by=FOUNDER, now=NOW
    )
    audits(1, at=NOW + HOUR, finding=Finding.DEFECT)

    decided = decide_change(
        change_id=change.pk, choice="approve", reason="", by=ADMIN, now=NOW + HOUR
    )

    assert (decided.state, decided.reason) == (ChangeState.LAPSED, EVIDENCE_GONE)
    assert standing().level == 2
