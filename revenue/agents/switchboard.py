"""The thrown kill switches with the words that a page needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from revenue.models import SwitchScope


@dataclass(frozen=True, slots=True)
class ThrownSwitch:
    """``label`` names the seat or action in words; ``thrown_by`` is an actor as text."""

    id: int
    scope: str
    target: str
    label: str
    reason: str
    thrown_at: datetime
    thrown_by: str


def thrown_switches() -> list[ThrownSwitch]:
    """Those that are thrown now, the one for everything first; one statement.

    Written out: every page asks for it, and to put it together takes the ORM ten times as long as
    the database takes to answer.
    """
    with connection.cursor() as cursor:
        cursor.execute(_THROWN, {"everything": SwitchScope.EVERYTHING})
        return [ThrownSwitch(*row) for row in cursor.fetchall()]


_THROWN = """
    select k.id, k.scope, k.target, coalesce(s.title, a.label, k.target), k.reason, k.thrown_at,
           k.thrown_by
    from revenue_killswitch k
    left join revenue_seat s on s.slug = k.target
    left join revenue_action a on a.slug = k.target
    where k.released_at is null
    order by k.scope <> %(everything)s, k.thrown_at, k.id
"""
