"""How closely people read: the planted faults that they caught, and how long they looked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db import connection
from django.db.models import QuerySet

from approvals.models import SeededDefect
from approvals.seeding import GRACE
from revenue.access import Role
from revenue.actors import Actor
from revenue.models import User
from revenue.statistics import wilson

LAST = 30
"""Planted faults of a person that count: the newest."""
ENOUGH = 5
"""Fewer of them say nothing."""
TIMED = 100
"""Decisions of a person whose time in view counts: the newest."""


@dataclass(frozen=True)
class Attention:
    """``outcomes``: whether each of the last planted faults was caught, the newest first.

    ``bar`` is the share that must be caught to approve many at once. ``median_ms`` is how long a
    mail was in view before it was decided, in milliseconds, over ``timed`` decisions.
    """

    outcomes: tuple[bool, ...]
    bar: float
    median_ms: float | None = None
    timed: int = 0

    @property
    def n(self) -> int:
        return len(self.outcomes)

    @property
    def caught(self) -> int:
        return sum(self.outcomes)

    @property
    def rate(self) -> float | None:
        return self.caught / self.n if self.outcomes else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson, 95 %."""
        return wilson(self.caught, self.n)

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
        faults = "fault" if self.needed == 1 else "faults"
        return (
            f"Approving many at once is off for you: you caught {self.caught} of the last {self.n} "
            f"planted faults, and {self.bar:.0%} is asked for. It comes back when you catch the "
            f"next {self.needed} {faults}."
        )


def _after(outcomes: tuple[bool, ...], more: int, bar: float) -> Attention:
    return Attention(((True,) * more + outcomes)[:LAST], bar)


ATTENTION = """
    select
        (select catch_bar from revenue_house where id = 1),
        array(
            select s.caught from approvals_seededdefect s
            where s.decided_by = who.actor and s.decided_at > (
                select d.decided_at from approvals_decision d
                where d.decided_by = who.actor order by d.id offset %s limit 1
            )
            order by s.decided_at desc, s.id desc limit %s
        ),
        view.median_ms,
        view.timed
    from unnest(%s::text[]) with ordinality as who(actor, place)
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
        cursor.execute(ATTENTION, [GRACE - 1, LAST, [str(by) for by in people], TIMED])
        return [
            Attention(tuple(caught), bar, median_ms, timed)
            for bar, caught, median_ms, timed in cursor.fetchall()
        ]


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
