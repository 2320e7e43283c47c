"""Authority that ends by the clock: its term is over, or its evidence has grown too old.

Nothing is let go by it from that moment on, since whoever lets go and whoever delivers look at the
same times (``authority.valid``, ``holding.lapsed``). This makes the end visible, asks people about
what is in the hold, and says beforehand what will end.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from approvals.certificates import WINDOW, Certificate, bars
from approvals.promoting import against, lower
from approvals.resting import found_for, renew
from revenue import ledger
from revenue.actors import Actor
from revenue.agents import authority
from revenue.agents.authority import ALONE
from revenue.models import Authority

CLOCK = Actor.system("clock")
WARNED = timedelta(days=7)
"""So long before its end people are told of it."""
TERM_OVER = "The time for which it was granted is over."
NOTHING_LEFT = (
    f"What it rested on is older than {WINDOW.days} days, and nothing has been audited since."
)
TOO_LITTLE_LEFT = (
    "Too little is left of what it rested on: of the mails that were audited in the last "
    f"{WINDOW.days} days, up to {{bound:.1%}} may be at fault; the bar is {{bar:.1%}}."
)


def end_what_ran_out(*, now: datetime) -> int:
    """End or lower each standing authority that has run out; how many.

    One that rests on evidence is looked at anew, since the bars may have moved.
    """
    for standing in _resting().order_by("id"):
        renew(standing, now=now)
    due = _runs_out_until(now).order_by("id").values_list("id", flat=True)
    return sum(_end(authority_id, now=now) for authority_id in list(due))


def ending_soon(*, now: datetime) -> QuerySet[Authority]:
    """What stands and runs out within ``WARNED``."""
    return authority.valid(now=now) & _runs_out_until(now + WARNED)


def ending_by_seat() -> dict[str, list[tuple[str, int, str]]]:
    """For the chart of seats: (label, how many levels, address), by seat; one statement."""
    ending = ending_soon(now=timezone.now()).values("seat").annotate(n=Count("id"))
    return {
        row["seat"]: [
            (
                "level ends within a week" if row["n"] == 1 else "levels end within a week",
                row["n"],
                reverse("approvals:seat", args=[row["seat"]]),
            )
        ]
        for row in ending.order_by("seat")
    }


def _resting() -> QuerySet[Authority]:
    return authority.standing().filter(level__gte=ALONE, evidence__has_key="bar")


def _runs_out_until(moment: datetime) -> QuerySet[Authority]:
    return authority.standing().filter(Q(valid_until__lte=moment) | Q(evidence_until__lte=moment))


@transaction.atomic
def _end(authority_id: int, *, now: datetime) -> bool:
    """False where somebody else ended it meanwhile, or works on it now."""
    due = _runs_out_until(now).filter(pk=authority_id)
    standing = due.select_for_update(skip_locked=True, no_key=True).first()
    if standing is None:
        return False
    if standing.valid_until is not None and standing.valid_until <= now:
        why, evidence = TERM_OVER, {}
    else:
        found = found_for(standing, now=now)
        why, evidence = _too_little(standing, found), against(standing, found)
    ledger.append(
        kind="authority.ran_out",
        subject=f"seat:{standing.seat_id}",
        by=CLOCK,
        now=now,
        data={
            "authority": standing.pk,
            "action": standing.action_id,
            "segment": standing.segment_id,
            "level": standing.level,
            "reason": why,
        },
    )
    if standing.level >= ALONE:
        lower([standing], why=why, evidence=evidence, by=CLOCK, now=now)
    else:
        authority.end(authority_id=standing.pk, reason=why, by=CLOCK, now=now)
    return True


def _too_little(standing: Authority, found: Certificate) -> str:
    if not found.counted:
        return NOTHING_LEFT
    return TOO_LITTLE_LEFT.format(bound=found.bound, bar=bars()[standing.level])
