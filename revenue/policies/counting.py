"""How often each rule was asked and fired, day by day, and what that says of its health.

What was kept is the truth, verdicts for the rules of content and ``DueBatch`` for those of the
hour; ``RuleDay`` is counted from it and can be counted again at any time. The row of a day without
a rule says how many verdicts, or mails that were due, the others were counted from. Days are of
UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Q, Sum

from revenue.models import DueBatch, PolicyKind, PolicyState, PolicyVersion, RuleDay, Verdict
from revenue.policies.conditions import Rule
from revenue.policies.verdicts import published
from revenue.policies.vocabulary import Mode, Stage

EVERY_RULE = ""
DAY, WEEK, QUARTER = timedelta(days=1), timedelta(days=7), timedelta(days=90)
ENOUGH = 20
"""So many verdicts in which a rule could not be told are no accident any more."""

Sums = dict[tuple[str, str], dict[str, Any]]
Tally = dict[tuple[str, str, str], list[int]]


@dataclass(frozen=True, slots=True)
class RuleCount:
    """What a rule of the active version did.

    Rules of the hour are asked of mails that are due, all others at each verdict. ``counted`` is
    False for rules that nobody asks, being switched off. ``alarm`` says in a sentence why an
    enforced rule can't do its work, and is empty otherwise.
    """

    rule: str
    stage: Stage = Stage.CONTENT
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
        return f"of {_asked_of(self.stage, self.asked_7)}"

    @property
    def asked_90_words(self) -> str:
        return f"of {_asked_of(self.stage, self.asked_90)}"

    @property
    def never_fired(self) -> bool:
        """Asked, and never once found to apply, under whatever version."""
        return self.counted and self.last_asked is not None and self.last_fired is None


def _asked_of(stage: Stage, number: int) -> str:
    noun = "verdict" if stage is Stage.CONTENT else "due mail"
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


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
    return {rule.id: _count(rule, sums) for rule in published(version.pk).text.rules}


def utc_day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _sums(kind: PolicyKind, *, today: date, since: date) -> Sums:
    """By stage and rule; ``since`` is the active version's first whole day in the last week."""
    week, quarter, standing = (
        Q(day__gt=today - WEEK),
        Q(day__gt=today - QUARTER),
        Q(day__gte=since),
    )
    rows = RuleDay.objects.filter(kind=kind).values("stage", "rule")
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
    return {(row["stage"], row["rule"]): dict(row) for row in summed}


def _count(rule: Rule, sums: Sums) -> RuleCount:
    if rule.mode is Mode.OFF:
        return RuleCount(rule.id, rule.stage, counted=False)
    row = sums.get((rule.stage, rule.id), {})
    known = {name: value for name, value in row.items() if name in _KNOWN}
    alarm = ""
    if rule.mode is Mode.ENFORCE:
        judged = sums.get((rule.stage, EVERY_RULE), {}).get("asked_since", 0)
        asked, unknown = row.get("asked_since", 0), row.get("unknown_since", 0)
        alarm = _alarm(rule.stage, judged=judged, asked=asked, unknown=unknown)
    return RuleCount(rule.id, rule.stage, alarm=alarm, **known)


def _alarm(stage: Stage, *, judged: int, asked: int, unknown: int) -> str:
    if judged and not asked:
        if stage is Stage.TIMING:
            return f"It was never asked while mails were due, {judged:,} of them."
        return f"It was never asked while verdicts were given, {judged:,} of them."
    if asked == unknown and asked >= ENOUGH:
        return f"In none of the last {_asked_of(stage, asked)} was known what it reads."
    return ""


_KNOWN = {field.name for field in fields(RuleCount)} - {"rule", "stage"}


# Counting ----------------------------------------------------------------------------------------


def count_due(*, now: datetime) -> list[date]:
    """Count the days of which something is not counted yet; return them.

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
    """Count all that was kept of one day anew, in place of what was counted before."""
    tally = _tally(day)
    RuleDay.objects.filter(day=day).delete()
    RuleDay.objects.bulk_create(
        RuleDay(
            kind=kind, stage=stage, rule=rule, day=day, asked=asked, fired=fired,
            unknown=unknown, decided=decided,
        )
        for (kind, stage, rule), (asked, fired, unknown, decided) in sorted(tally.items())
    )  # fmt: skip


def bounds(day: date) -> tuple[datetime, datetime]:
    """When a day of UTC begins and when the next one does."""
    begin = datetime.combine(day, time(), UTC)
    return begin, begin + DAY


def _first_day() -> date | None:
    given = Verdict.objects.order_by("given_at").values_list("given_at", flat=True).first()
    due = DueBatch.objects.order_by("asked_at").values_list("asked_at", flat=True).first()
    return min((utc_day(first) for first in (given, due) if first), default=None)


def _has_uncounted(day: date) -> bool:
    begin, end = bounds(day)
    given = Verdict.objects.filter(given_at__gte=begin, given_at__lt=end).count()
    due = DueBatch.objects.filter(asked_at__gte=begin, asked_at__lt=end).aggregate(n=Sum("mails"))
    whole = RuleDay.objects.filter(day=day, rule=EVERY_RULE).values_list("stage")
    counted = dict(whole.annotate(n=Sum("asked")))
    return (given, due["n"] or 0) != tuple(counted.get(stage, 0) for stage in Stage)


def _tally(day: date) -> Tally:
    """Asked, fired, unknown and decided by kind, stage and rule."""
    tally: Tally = {}
    for stage, (asked, came_to) in _QUERIES.items():
        for version_id, kind, number in _rows(asked, day):
            rules = published(version_id).compiled.program(timing=True).rules
            for rule in (EVERY_RULE, *(rule.id for rule in rules if rule.stage is stage)):
                tally.setdefault((kind, stage, rule), [0, 0, 0, 0])[0] += number
        for kind, what, rule, number in _rows(came_to, day):
            row = tally.get((kind, stage, rule))
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
_DUE = """
    select b.policy_id, p.kind, sum(b.mails)
    from revenue_duebatch b join revenue_policyversion p on p.id = b.policy_id
    where b.asked_at >= %s and b.asked_at < %s
    group by b.policy_id, p.kind"""
_SAID = """
    select p.kind, came.what, came.rule, count(*)
    from revenue_duebatch b
    join revenue_policyversion p on p.id = b.policy_id
    join revenue_timingverdict v on v.batch_id = b.id
    cross join lateral (
        select 'fired' as what, unnest(v.fired) as rule
        union all
        select 'unknown', unnest(v.unknown)
        union all
        select 'decided', v.rule where v.rule <> ''
    ) as came
    where b.asked_at >= %s and b.asked_at < %s
    group by p.kind, came.what, came.rule"""
_QUERIES = {Stage.CONTENT: (_JUDGED, _CAME_TO), Stage.TIMING: (_DUE, _SAID)}
