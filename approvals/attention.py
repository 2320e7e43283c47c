"""How closely people read: the planted faults that they caught, and how long they looked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db import connection
from django.db.models import QuerySet

from approvals.models import SeededDefect
from approvals.seeding import GRACE
from revenue.access import Role
from revenue.actors import Actor
from revenue.models import User

LAST = 30
"""Planted faults of a person that count: the newest."""
ENOUGH = 5
"""Fewer of them say nothing."""
TIMED = 100
"""Decisions of a person whose time in view counts: the newest."""


@dataclass(frozen=True)
class Attention:
    """``outcomes``: whether each of the last planted faults was caught, the newest first.

    ``bar`` is the share that must be caught to approve many at once, ``share`` how many of the
    mails that come up carry a fault. Faults decided until ``since`` do not count; None while all
    do not. ``median_ms`` is how long a mail was in view before it was decided, in milliseconds,
    over ``timed`` decisions.
    """

    outcomes: tuple[bool, ...]
    bar: float
    share: float = 0
    since: datetime | None = None
    median_ms: float | None = None
    timed: int = 0

    @property
    def n(self) -> int:
        return len(self.outcomes)

    @property
    def caught(self) -> int:
        return sum(self.outcomes)

    @property
    def is_below(self) -> bool:
        """Whether enough were decided, and too few of them caught."""
        return self.n >= ENOUGH and self.caught / self.n < self.bar - 1e-9

    @cached_property
    def needed(self) -> int:
        """How many the person must catch from now on, without a miss, to reach the bar."""
        return next(
            more for more in range(LAST + 1) if not _after(self.outcomes, more, self.bar).is_below
        )

    @property
    def refusal(self) -> str:
        """Why the person may not approve many at once; "" where they may."""
        if not self.is_below:
            return ""
        asked = f"{self.bar * 100:.0f}\N{NO-BREAK SPACE}%"
        return (
            f"Approving many at once is off: you caught {self.caught} of the last {self.n} planted "
            f"faults, and {asked} is asked for. It comes back when you catch the next "
            f"{'one' if self.needed == 1 else self.needed}."
        )


def _after(outcomes: tuple[bool, ...], more: int, bar: float) -> Attention:
    return Attention(((True,) * more + outcomes)[:LAST], bar)


ATTENTION = """
    select
        array(
            select s.caught from approvals_seededdefect s
            where s.decided_by = who.actor and s.decided_at > used.since
            order by s.decided_at desc, s.id desc limit %s
        ),
        house.catch_bar,
        house.seeded_share,
        used.since,
        view.median_ms,
        view.timed
    from unnest(%s::text[]) with ordinality as who(actor, place)
    join revenue_house house on house.id = 1
    cross join lateral (
        select (
            select d.decided_at from approvals_decision d
            where d.decided_by = who.actor order by d.id offset %s limit 1
        ) as since
    ) used
    cross join lateral (
        select percentile_cont(0.5) within group (order by t.visible_ms) as median_ms,
               count(*) as timed
        from (
            select d.visible_ms from approvals_decision d
            where d.decided_by = who.actor and d.visible_ms is not null
            order by d.id desc limit %s
        ) t
    ) view
    order by who.place
"""


def of(by: Actor) -> Attention:
    """One person's; one statement."""
    return of_each([by])[0]


def of_each(people: Sequence[Actor]) -> list[Attention]:
    """In the order given; one statement. Faults within a person's first ``GRACE`` do not count."""
    with connection.cursor() as cursor:
        cursor.execute(ATTENTION, [LAST, [str(by) for by in people], GRACE - 1, TIMED])
        return [Attention(tuple(caught), *rest) for caught, *rest in cursor.fetchall()]


def deciders() -> list[User]:
    """The people who may decide, by name."""
    founders = User.objects.filter(groups__name=Role.FOUNDER.value, is_active=True)
    return list(founders.order_by("first_name", "last_name", "username", "id"))


def told_to(by: Actor) -> QuerySet[SeededDefect]:
    """The planted faults that this person decided, the newest first."""
    return (
        SeededDefect.objects.filter(decided_by=str(by), decided_at__isnull=False)
        .select_related("send__account")
        .order_by("-decided_at", "-id")
    )
