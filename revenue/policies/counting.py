"""How often each rule was asked and fired, day by day, and what that says of its health.

The kept verdicts are the truth; ``RuleDay`` is counted from them and can be counted again at any
time. The row of a day without a rule says how many verdicts the others were counted from. Days
are of UTC.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Q, Sum

from revenue.models import PolicyKind, PolicyState, PolicyVersion, RuleDay, Verdict
from revenue.policies.conditions import Rule
from revenue.policies.verdicts import published
from revenue.policies.vocabulary import Mode, Stage

EVERY_RULE = ""
DAY, WEEK, QUARTER = timedelta(days=1), timedelta(days=7), timedelta(days=90)
ENOUGH = 20
"""So many verdicts in which a rule could not be told are no accident any more."""

Tally = dict[tuple[str, str], list[int]]


@dataclass(frozen=True, slots=True)
class RuleCount:
    """What a rule of the active version did.

    ``counted`` is False for rules that no verdict asks: those of the hour, which are asked at
    delivery, and those switched off. ``alarm`` says in a sentence why an enforced rule can't do
    its work, and is empty otherwise.
    """

    rule: str
    counted: bool = True
    asked_7: int = 0
    fired_7: int = 0
    asked_90: int = 0
    fired_90: int = 0
    decided_90: int = 0
    last_asked: date | None = None
    last_fired: date | None = None
    alarm: str = ""

    @property
    def asked_7_words(self) -> str:
        return f"of {self.asked_7:,} verdicts"

    @property
    def asked_90_words(self) -> str:
        return f"of {self.asked_90:,} verdicts"

    @property
    def never_fired(self) -> bool:
        """Asked, and never once found to apply, under whatever version."""
        return self.counted and self.last_asked is not None and self.last_fired is None


# Reading -----------------------------------------------------------------------------------------


def rule_counts(kind: PolicyKind, *, now: datetime) -> dict[str, RuleCount]:
    """Counts by rule of the active version, in its order; empty where none is active.

    Two statements.
    """
    version = (
        PolicyVersion.objects.filter(kind=kind, state=PolicyState.ACTIVE)
        .only("id", "published_at")
        .first()
    )
    if version is None or version.published_at is None:
        return {}
    today = utc_day(now)
    whole = max(today - WEEK, utc_day(version.published_at)) + DAY
    sums = _sums(kind, today=today, since=whole)
    judged = sums.get(EVERY_RULE, {}).get("asked_since") or 0
    rules = published(version.pk).text.rules
    return {rule.id: _count(rule, sums.get(rule.id, {}), judged=judged) for rule in rules}


def utc_day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _sums(kind: PolicyKind, *, today: date, since: date) -> dict[str, dict[str, Any]]:
    """By rule; ``since`` is the first whole day of the active version in the last week."""
    week, quarter, standing = (
        Q(day__gt=today - WEEK),
        Q(day__gt=today - QUARTER),
        Q(day__gte=since),
    )
    rows = RuleDay.objects.filter(kind=kind).values("rule")
    summed = rows.annotate(
        asked_7=Sum("asked", filter=week, default=0),
        fired_7=Sum("fired", filter=week, default=0),
        asked_90=Sum("asked", filter=quarter, default=0),
        fired_90=Sum("fired", filter=quarter, default=0),
        decided_90=Sum("decided", filter=quarter, default=0),
        asked_since=Sum("asked", filter=standing, default=0),
        unknown_since=Sum("unknown", filter=standing, default=0),
        last_asked=Max("day", filter=Q(asked__gt=0)),
        last_fired=Max("day", filter=Q(fired__gt=0)),
    )
    return {row["rule"]: dict(row) for row in summed}


def _count(rule: Rule, row: Mapping[str, Any], *, judged: int) -> RuleCount:
    if rule.stage is Stage.TIMING or rule.mode is Mode.OFF:
        return RuleCount(rule.id, counted=False)
    known = {name: value for name, value in row.items() if name in _KNOWN}
    asked, unknown = row.get("asked_since", 0), row.get("unknown_since", 0)
    alarm = ""
    if rule.mode is Mode.ENFORCE and judged and not asked:
        alarm = f"It was never asked while verdicts were given, {judged:,} of them."
    elif rule.mode is Mode.ENFORCE and asked == unknown and asked >= ENOUGH:
        alarm = f"In none of the last {asked:,} verdicts was known what it reads."
    return RuleCount(rule.id, alarm=alarm, **known)


_KNOWN = {field.name for field in fields(RuleCount)} - {"rule"}


# Counting ----------------------------------------------------------------------------------------


def count_due(*, now: datetime) -> list[date]:
    """Count the days that have verdicts which are not counted yet; return them.

    Looks at every day from the last one that was counted, and at yesterday at least: a verdict
    given just before midnight may be committed after it.
    """
    today = utc_day(now)
    last = RuleDay.objects.aggregate(last=Max("day"))["last"] or _first_day() or today
    day, counted = min(last, today - DAY), []
    while day <= today:
        if _has_uncounted(day):
            count_day(day=day)
            counted.append(day)
        day += DAY
    return counted


@transaction.atomic
def count_day(*, day: date) -> None:
    """Count all verdicts of one day anew, in place of what was counted before."""
    tally = _tally(day)
    RuleDay.objects.filter(day=day).delete()
    RuleDay.objects.bulk_create(
        RuleDay(
            kind=kind, rule=rule, day=day, asked=asked, fired=fired, unknown=unknown,
            decided=decided,
        )
        for (kind, rule), (asked, fired, unknown, decided) in sorted(tally.items())
    )  # fmt: skip


def bounds(day: date) -> tuple[datetime, datetime]:
    """When a day of UTC begins and when the next one does."""
    begin = datetime.combine(day, time(), UTC)
    return begin, begin + DAY


def _first_day() -> date | None:
    first = Verdict.objects.order_by("given_at").values_list("given_at", flat=True).first()
    return utc_day(first) if first else None


def _has_uncounted(day: date) -> bool:
    begin, end = bounds(day)
    given = Verdict.objects.filter(given_at__gte=begin, given_at__lt=end).count()
    counted = RuleDay.objects.filter(day=day, rule=EVERY_RULE).aggregate(n=Sum("asked"))["n"]
    return given != (counted or 0)


def _tally(day: date) -> Tally:
    """Asked, fired, unknown and decided by kind and rule."""
    tally: Tally = {}
    for version_id, kind, number in _rows(_JUDGED, day):
        tally.setdefault((kind, EVERY_RULE), [0, 0, 0, 0])[0] += number
        for rule in published(version_id).compiled.program(timing=False).rules:
            tally.setdefault((kind, rule.id), [0, 0, 0, 0])[0] += number
    for kind, what, rule, number in _rows(_CAME_TO, day):
        row = tally.get((kind, rule))
        if row is not None:
            row[_PLACES[what]] = number
    return tally


def _rows(query: str, day: date) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, bounds(day))
        yield from cursor.fetchall()


_PLACES = {"fired": 1, "unknown": 2, "decided": 3}
_JUDGED = """
    select v.policy_id, p.kind, count(*)
    from revenue_verdict v join revenue_policyversion p on p.id = v.policy_id
    where v.given_at >= %s and v.given_at < %s
    group by v.policy_id, p.kind"""
_CAME_TO = """
    select p.kind, came.what, came.rule, count(*)
    from revenue_verdict v join revenue_policyversion p on p.id = v.policy_id
    cross join lateral (
        select 'fired' as what, jsonb_array_elements_text(v.trace->'fired') as rule
        union all
        select 'unknown', jsonb_array_elements_text(v.trace->'unknown')
        union all
        select 'decided', v.rule where v.rule <> ''
    ) as came
    where v.given_at >= %s and v.given_at < %s
    group by p.kind, came.what, came.rule"""
