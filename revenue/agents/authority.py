"""Authority: which seat may do what alone, in which segment, within which limits, until when.

Each row says one level and never changes; a new level ends it and writes the next. The ledger
hears of both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from revenue import ledger
from revenue.actors import Actor
from revenue.agents.segments import EVERYTHING
from revenue.models import Action, Authority, Level, Seat

REPLACED = "A new grant took its place."
ALONE = Level.AUDITED
"""From this level on a seat acts inside the policy without a person's click."""


class AboveCeiling(Exception):
    """The action's ceiling is lower than that level."""


class NotStanding(Exception):
    """This authority has ended already."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What is granted. ``max_value_minor`` in the currency's smallest unit, ``per_day`` counted
    from midnight in the mailbox's zone; None for no limit of that sort."""

    seat: str
    action: str
    level: int
    segment: str = EVERYTHING
    max_value_minor: int | None = None
    per_day: int | None = None
    valid_until: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        until = self.valid_until.isoformat() if self.valid_until else None
        return {**asdict(self), "valid_until": until}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        until = data.get("valid_until")
        return cls(**{**data, "valid_until": datetime.fromisoformat(until) if until else None})


@transaction.atomic
def grant(
    *,
    grant: Grant,
    evidence: dict[str, Any],
    by: Actor,
    now: datetime,
    evidence_until: datetime | None = None,
    instead_because: str = REPLACED,
) -> Authority:
    """Let the seat have this level from now on; what it had in this segment ends.

    ``evidence_until``: how long the evidence bears it, where it rests on some. Raises
    AboveCeiling; the database refuses whatever else may never be.
    """
    action = Action.objects.select_for_update(no_key=True).get(pk=grant.action)
    seat = Seat.objects.get(pk=grant.seat)
    if grant.level > action.ceiling:
        raise AboveCeiling(f"{action.label} never rises above level {action.ceiling}.")
    standing().filter(seat=seat, action=action, segment_id=grant.segment).update(
        ended_at=now, ended_by=str(by), end_reason=instead_because[:300]
    )
    authority = Authority.objects.create(
        seat=seat,
        seat_side=seat.side,
        action=action,
        action_side=action.side,
        ceiling=action.ceiling,
        only_seat=action.only_seat,
        segment_id=grant.segment,
        level=grant.level,
        max_value_minor=grant.max_value_minor,
        per_day=grant.per_day,
        valid_until=grant.valid_until,
        evidence=evidence,
        evidence_until=evidence_until,
        granted_at=now,
        granted_by=str(by),
    )
    ledger.append(
        kind="authority.granted",
        subject=f"seat:{seat.pk}",
        by=by,
        now=now,
        data={"authority": authority.pk, **grant.as_json()},
    )
    return authority


@transaction.atomic
def end(*, authority_id: int, reason: str, by: Actor, now: datetime) -> None:
    """Take an authority back; what was let go under it and still waits is asked again at delivery.

    Raises NotStanding.
    """
    ended = standing().filter(pk=authority_id)
    if not ended.update(ended_at=now, ended_by=str(by), end_reason=reason[:300]):
        raise NotStanding(NotStanding.__doc__)
    authority = Authority.objects.get(pk=authority_id)
    ledger.append(
        kind="authority.ended",
        subject=f"seat:{authority.seat_id}",
        by=by,
        now=now,
        data={"authority": authority_id, "action": authority.action_id, "reason": reason},
    )


def bear_until(*, authority_id: int, until: datetime) -> None:
    """Note how long the evidence bears a standing authority that rests on some."""
    moved = standing().filter(pk=authority_id).exclude(evidence_until=until)
    moved.update(evidence_until=until)


def hold(authorities: Iterable[Authority]) -> None:
    """Let none of these end before this transaction does; what has ended meanwhile is marked."""
    by_id = {authority.pk: authority for authority in authorities}
    if not by_id:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, ended_at, evidence_until from revenue_authority where id = any(%s) "
            "order by id for share",
            [list(by_id)],
        )
        for pk, ended_at, evidence_until in cursor.fetchall():
            by_id[pk].ended_at, by_id[pk].evidence_until = ended_at, evidence_until


def standing() -> QuerySet[Authority]:
    """What was granted and has not been ended; it may have run out since the last sweep."""
    return Authority.objects.filter(ended_at__isnull=True)


def lets_more(grant: Grant, *, now: datetime) -> bool:
    """Whether a seat could do anything alone, or at a higher level, that it may not do now."""
    had = valid(now=now).filter(
        seat=grant.seat, action=grant.action, segment__in=[grant.segment, EVERYTHING]
    )
    return not any(_covers(authority, grant) for authority in had)


def _covers(had: Authority, grant: Grant) -> bool:
    """Whether what the seat has lets everything go that the grant would.

    What is counted by the day is counted for each authority, so another one beside it lets more
    go; and it does not end with what the other rests on. Below ``ALONE`` a person decides each,
    and limits limit nothing.
    """
    if had.level < grant.level:
        return False
    if grant.level < ALONE:
        return True
    elsewhere = had.segment_id != grant.segment
    if elsewhere and (had.per_day is not None or had.evidence_until is not None):
        return False
    pairs = (
        (had.max_value_minor, grant.max_value_minor),
        (had.per_day, grant.per_day),
        (had.valid_until, grant.valid_until),
    )
    return all(_within(limit, asked) for limit, asked in pairs)


def runs_out_at(authority: Authority) -> datetime | None:
    """When its term is over or its evidence bears it no longer, whichever is first."""
    times = (authority.valid_until, authority.evidence_until)
    return min((time for time in times if time is not None), default=None)


def has_run_out(authority: Authority, *, now: datetime) -> bool:
    until = runs_out_at(authority)
    return until is not None and until <= now


def _within(limit: Any, asked: Any) -> bool:
    """Whether what is asked for is no wider than a limit; None is no limit."""
    return limit is None or (asked is not None and asked <= limit)


def as_grant(standing: Authority) -> Grant:
    """The same grant again."""
    return Grant(
        seat=standing.seat_id,
        action=standing.action_id,
        level=standing.level,
        segment=str(standing.segment_id),
        max_value_minor=standing.max_value_minor,
        per_day=standing.per_day,
        valid_until=standing.valid_until,
    )


def standing_for(seat: str, action: str, segment: str) -> Authority | None:
    """What stands in exactly this segment."""
    return standing().filter(seat=seat, action=action, segment=segment).first()


def valid(*, now: datetime) -> QuerySet[Authority]:
    """What stands and has not run out, neither its term nor its evidence."""
    return standing().filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=now),
        Q(evidence_until__isnull=True) | Q(evidence_until__gt=now),
    )
