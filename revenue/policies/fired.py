"""The verdicts in which a rule fired."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from revenue.models import AskedAt, PolicyKind, RuleDay, Verdict
from revenue.policies.counting import bounds, utc_day

PAGE = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """A kept verdict in a list, as ``web.policy_evidence.shown_rows`` takes it.

    ``before_rule`` decided it, which in a list of what another fired in need not be that one.
    """

    id: int
    subject: str
    given_at: datetime
    before: str
    before_rule: str
    after: str = ""
    after_rule: str = ""


def fired_in(
    kind: PolicyKind, rule: str, *, days: int, now: datetime, before: int | None = None
) -> tuple[list[Listed], int | None]:
    """A page of the verdicts of the last days, newest first, and where the next one begins.

    Two statements. Days on which the rule did not fire are not looked into, but for today, which
    may not be counted yet. Verdicts of one day are in the order of their ids.
    """
    today = utc_day(now)
    chosen = _days(kind, rule, first=today - timedelta(days=days - 1), today=today)
    within = Q()
    for day in chosen:
        begin, end = bounds(day)
        within |= Q(given_at__gte=begin, given_at__lt=end)
    rows = Verdict.objects.filter(within, policy__kind=kind, trace__fired__contains=[rule])
    if before is not None:
        rows = rows.filter(pk__lt=before)
    columns = ("id", "subject", "given_at", "effect", "rule")
    found = [Listed(*row) for row in rows.order_by("-id").values_list(*columns)[: PAGE + 1]]
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


def _days(kind: PolicyKind, rule: str, *, first: date, today: date) -> list[date]:
    """Today, and the days on which it fired."""
    counted = RuleDay.objects.filter(
        kind=kind, stage=AskedAt.CONTENT, rule=rule, fired__gt=0, day__gte=first
    )
    days = counted.exclude(day=today).order_by("-day").values_list("day", flat=True)
    return [today, *days]
