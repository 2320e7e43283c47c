"""Authority: granted, ended, run out; one level at a time for a seat, an action and a segment."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revenue.actors import Actor
from revenue.agents.authority import (
    ALONE,
    AboveCeiling,
    Grant,
    NotStanding,
    bear_until,
    end,
    grant,
    has_run_out,
    hold,
    standing,
    valid,
)
from revenue.agents.seats import install_seats
from revenue.models import Authority, LedgerEvent, Level
from tests.support.rows import FOUNDER, NOW

LATER = NOW + timedelta(hours=1)
COLD = {"seat": "sender", "action": "send_cold"}


@pytest.fixture
def seats(db: None) -> None:
    install_seats(by=Actor.system("test"), now=NOW)


def allow(*, now: datetime = LATER, **fields: Any) -> Authority:
    wanted = Grant(**{**COLD, "level": Level.AUDITED, **fields})
    return grant(grant=wanted, evidence={"clean": 60}, by=FOUNDER, now=now)


def cold_levels(*, now: datetime | None = None) -> dict[str, int]:
    """The levels of sending cold mail that stand, or are valid at a time, by segment."""
    rows = standing() if now is None else valid(now=now)
    return dict(rows.filter(action="send_cold").values_list("segment", "level"))


@pytest.mark.usefixtures("seats")
def test_a_grant_ends_the_one_that_stands_and_leaves_other_segments() -> None:
    before = standing().get(action="send_cold")
    allow(segment="canada", level=Level.TRUSTED)

    allow(level=Level.AUDITED)

    before.refresh_from_db()
    assert (before.ended_at, before.ended_by, before.end_reason) == (
        LATER, str(FOUNDER), "A new grant took its place.",
    )  # fmt: skip
    assert before.level == Level.APPROVE_EACH
    assert cold_levels() == {"everything": Level.AUDITED, "canada": Level.TRUSTED}


@pytest.mark.usefixtures("seats")
def test_a_grant_keeps_its_limits_and_what_was_known_then() -> None:
    until = LATER + timedelta(days=30)

    given_now = allow(max_value_minor=500_000, per_day=20, valid_until=until)

    given_now.refresh_from_db()
    assert (given_now.max_value_minor, given_now.per_day, given_now.valid_until) == (
        500_000, 20, until,
    )  # fmt: skip
    assert (given_now.evidence, given_now.seat_side, given_now.ceiling) == (
        {"clean": 60}, "discovery", Level.TRUSTED,
    )  # fmt: skip
    assert given_now.only_seat == "sender"


@pytest.mark.usefixtures("seats")
def test_a_grant_that_is_refused_ends_nothing() -> None:
    before = standing().get(action="answer_objection")

    with pytest.raises(AboveCeiling):
        allow(seat="pipeline", action="answer_objection")

    assert standing().get(action="answer_objection") == before


@pytest.mark.usefixtures("seats")
def test_validity_ends_at_its_moment() -> None:
    until = LATER + timedelta(days=30)
    allow(valid_until=until)

    last = until - timedelta(microseconds=1)
    assert cold_levels(now=last) == {"everything": ALONE}
    assert cold_levels(now=until) == {}
    assert cold_levels() == {"everything": ALONE}


@pytest.mark.usefixtures("seats")
def test_evidence_ends_validity_at_its_moment_and_moves() -> None:
    until = LATER + timedelta(days=30)
    row = allow()
    bear_until(authority_id=row.pk, until=until)

    last = until - timedelta(microseconds=1)
    assert cold_levels(now=last) == {"everything": ALONE}
    assert cold_levels(now=until) == {}

    bear_until(authority_id=row.pk, until=until + timedelta(days=1))
    assert cold_levels(now=until) == {"everything": ALONE}


@pytest.mark.usefixtures("seats")
def test_what_is_held_knows_how_long_its_evidence_bears_it_by_now() -> None:
    row = allow()
    bear_until(authority_id=row.pk, until=LATER)
    assert not has_run_out(row, now=LATER)

    hold([row])

    assert has_run_out(row, now=LATER)


@pytest.mark.usefixtures("seats")
def test_what_has_run_out_gives_way_to_a_new_grant() -> None:
    allow(valid_until=LATER)

    allow(level=Level.TRUSTED, now=LATER + timedelta(days=1))

    assert cold_levels(now=LATER + timedelta(days=1)) == {"everything": Level.TRUSTED}


@pytest.mark.usefixtures("seats")
def test_an_authority_is_taken_back_with_a_reason() -> None:
    authority = allow()

    end(authority_id=authority.pk, reason="A complaint came in.", by=FOUNDER, now=LATER)

    authority.refresh_from_db()
    assert (authority.ended_by, authority.end_reason) == (str(FOUNDER), "A complaint came in.")
    assert cold_levels() == {}
    event = LedgerEvent.objects.latest("id")
    assert (event.kind, event.subject, event.data) == (
        "authority.ended",
        "seat:sender",
        {"authority": authority.pk, "action": "send_cold", "reason": "A complaint came in."},
    )


@pytest.mark.usefixtures("seats")
def test_an_authority_ends_once() -> None:
    authority = allow()
    end(authority_id=authority.pk, reason="First", by=FOUNDER, now=LATER)
    events = LedgerEvent.objects.count()

    with pytest.raises(NotStanding):
        end(authority_id=authority.pk, reason="Second", by=FOUNDER, now=LATER)

    authority.refresh_from_db()
    assert (authority.end_reason, LedgerEvent.objects.count()) == ("First", events)


@given(
    level=st.sampled_from(Level.values),
    value=st.none() | st.integers(0, 2**40),
    per_day=st.none() | st.integers(0, 10_000),
    until=st.none() | st.datetimes(timezones=st.just(UTC)),
)
def test_a_grant_survives_being_kept_as_json(
    level: int, value: int | None, per_day: int | None, until: datetime | None
) -> None:
    wanted = Grant(
        **COLD, level=level, segment="canada", max_value_minor=value, per_day=per_day,
        valid_until=until,
    )  # fmt: skip

    assert Grant.from_json(json.loads(json.dumps(wanted.as_json()))) == wanted
