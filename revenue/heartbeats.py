"""When each sweep last came to its end, and so whether anybody works at all.

Plain SQL: the workers' wiring imports this before there are models.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

QUIET_FOR = timedelta(seconds=60)
"""So long all sweeps together may be silent; the most frequent ones run each second."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """``state``: ``up``, ``late``, or ``never`` where no sweep ever ended; age in whole seconds."""

    state: str
    age_s: int | None


def beat(*, name: str, now: datetime) -> None:
    """Note that it came to its end; at most once a second."""
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into revenue_heartbeat as known (name, beaten_at) values (%s, %s)
               on conflict (name) do update set beaten_at = excluded.beaten_at
               where known.beaten_at <= excluded.beaten_at - interval '1 second'""",
            [name, now],
        )


def beats() -> dict[str, datetime]:
    """The last beat by name."""
    with connection.cursor() as cursor:
        cursor.execute("select name, beaten_at from revenue_heartbeat")
        return dict(cursor.fetchall())


def pulse(*, now: datetime) -> Pulse:
    """The newest beat of all; one statement."""
    newest = max(beats().values(), default=None)
    if newest is None:
        return Pulse("never", None)
    age = max(now - newest, timedelta())  # two machines' clocks may disagree by a little
    return Pulse("late" if age > QUIET_FOR else "up", int(age.total_seconds()))
