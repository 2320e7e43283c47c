"""What a backtest found: counts by segment and move, and the verdicts behind each number."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from revenue.models import Backtest, Verdict
from revenue.policies.conditions import PolicyText, leaves
from revenue.policies.moves import SEGMENTED_BY, Move, segment_sql
from revenue.policies.rejudging import doubt_sql, joined
from revenue.policies.sql import Expression, deciding_rule_sql, source_sql, verdict_sql
from revenue.policies.verdicts import published

PAGE = 50
KEPT = (Move.ALLOWED, Move.HELD, Move.DENIED)


@dataclass(frozen=True, slots=True)
class Findings:
    """What a backtest has found so far: ``counts`` by segment and move, and how far it came."""

    counts: dict[str, dict[str, int]]
    slices: int
    done: int

    @property
    def totals(self) -> dict[str, int]:
        """How many verdicts each move has, over all segments."""
        return {
            move.value: sum(moves.get(move.value, 0) for moves in self.counts.values())
            for move in Move
        }

    @property
    def asked(self) -> int:
        """How many verdicts were asked about."""
        return sum(number for move, number in self.totals.items() if move != Move.UNRECORDED)


def findings_of(backtest: Backtest) -> Findings:
    """One statement, whatever the backtest found."""
    counts: dict[str, dict[str, int]] = {}
    rows = list(backtest.slices.values_list("counts", "done_at"))
    for found, _ in rows:
        for segment, moves in found.items():
            sums = counts.setdefault(segment, {})
            for move, number in moves.items():
                sums[move] = sums.get(move, 0) + number
    return Findings(counts, len(rows), sum(done_at is not None for _, done_at in rows))


def moved_verdicts(backtest: Backtest, move: Move) -> QuerySet[Verdict]:
    """The verdicts that made one of the three moves, for statements that look inside."""
    if move not in KEPT:
        raise ValueError(f"no ids are kept of {move}")
    kept = f"select unnest({move.value}) from revenue_backtestslice where backtest_id = %s"  # noqa: S608
    ids = RawSQL(kept, [backtest.pk])  # noqa: S611 - the column is one of three
    return Verdict.objects.filter(pk__in=ids)


# Lists -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """Part of what was asked about; ``only`` are ids to which it is narrowed, if any."""

    move: Move
    segment: str | None = None
    only: Collection[int] | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """One verdict: what either version says of it, and by which rule ("" where none spoke)."""

    id: int
    subject: str
    given_at: datetime
    segment: str
    before: str
    before_rule: str
    after: str
    after_rule: str
    unrecorded: bool


def rows_of(
    backtest: Backtest, wanted: Wanted, *, before: int | None = None
) -> tuple[list[Moved], int | None]:
    """A page of verdicts, newest first, and where the next one begins.

    Two statements. ``before`` is an id; only slices that have what is wanted are looked into.
    """
    parts = _parts_with(backtest, wanted, before=before)
    if not parts:
        return [], None
    bound = before if before is not None else backtest.last_id + 1
    asking = _Asking.of(backtest)
    statement, params = _statement(backtest, wanted, parts, asking, bound)
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        found = [Moved(*row) for row in cursor.fetchall()]
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


def _parts_with(
    backtest: Backtest, wanted: Wanted, *, before: int | None
) -> list[tuple[int, int, int]]:
    """Number, first and last id of the newest slices that fill a page."""
    rows = backtest.slices.filter(done_at__isnull=False).order_by("-number")
    parts, found = [], 0
    for number, first, last, counts in rows.values_list("number", "first_id", "last_id", "counts"):
        chosen = counts.values() if wanted.segment is None else [counts.get(wanted.segment, {})]
        has = sum(moves.get(wanted.move.value, 0) for moves in chosen)
        if not has or (before is not None and first >= before):
            continue
        parts.append((number, first, last))
        # Of the slice in which the page before ended, nobody knows how much is left.
        found += has if before is None or last < before else 0
        if found > PAGE and wanted.only is None:
            break
    return parts


@dataclass(frozen=True, slots=True)
class _Asking:
    """Both versions as they are asked about a few rows: as wholes, by all rules."""

    against: PolicyText
    candidate: PolicyText
    segments: tuple[str, ...]

    @classmethod
    def of(cls, backtest: Backtest) -> _Asking:
        return cls(
            published(backtest.against_id).text,
            published(backtest.policy_id).text,
            SEGMENTED_BY.get(published(backtest.policy_id).kind, ()),
        )

    def source(self) -> Expression:
        """The facts of both, and those of the segment."""
        texts = (self.against, self.candidate)
        read = (leaf.fact for text in texts for rule in text.rules for leaf in leaves(rule.when))
        return source_sql([*self.segments, *read], column="v.facts")

    def said(self) -> Expression:
        """What either says, as an item for FROM; ``doubt`` is for where the candidate holds."""
        return joined(
            "LATERAL (SELECT {} AS before, {} AS after, {} AS doubt OFFSET 0) AS said",
            verdict_sql(self.against, source="fact"),
            verdict_sql(self.candidate, source="fact"),
            doubt_sql(self.candidate, source="fact"),
        )

    def rules(self) -> Expression:
        """The deciding rule of either."""
        return joined(
            "coalesce({}, '') AS before_rule, coalesce({}, '') AS after_rule",
            deciding_rule_sql(self.against, source="fact"),
            deciding_rule_sql(self.candidate, source="fact"),
        )


def _statement(
    backtest: Backtest,
    wanted: Wanted,
    parts: list[tuple[int, int, int]],
    asking: _Asking,
    bound: int,
) -> tuple[str, list[Any]]:
    """First the ids of the page, then all that is told of them."""
    rules, source, said = asking.rules(), asking.source(), asking.said()
    segment = segment_sql(asking.segments, source="fact")
    ids, id_params = _ids(backtest, wanted, parts, asking)
    query = f"""
        select v.id, v.subject, v.given_at, {segment}, said.before, told.before_rule, said.after,
               told.after_rule, said.before <> 'hold' and said.after = 'hold' and said.doubt
        from ({ids} and v.id < %s order by v.id desc limit %s) page
        join revenue_verdict v on v.id = page.id
        cross join {source.sql} cross join {said.sql}
        cross join lateral (select {rules.sql}) told
        order by v.id desc"""  # noqa: S608 - built of checked names and %s
    return query, [*id_params, bound, PAGE + 1, *said.params, *rules.params]


def _ids(
    backtest: Backtest, wanted: Wanted, parts: list[tuple[int, int, int]], asking: _Asking
) -> tuple[str, list[Any]]:
    """Chooses the ids; what a slice keeps of them is not asked about once more."""
    said = asking.said()
    asked = f"cross join {asking.source().sql}"
    if wanted.move in KEPT:
        sources, params = [_KEPT.format(column=wanted.move.value)], _numbers(backtest, parts)
        sources += [asked] if wanted.segment is not None else []
        conditions = ["true"]
    elif wanted.move is Move.UNRECORDED:
        sources = [_KEPT.format(column=Move.HELD.value), asked, f"cross join {said.sql}"]
        params = [*_numbers(backtest, parts), *said.params]
        conditions = ["said.doubt"]
    else:
        sources = ["revenue_verdict v", asked, f"cross join {said.sql}"]
        spans = [[first for _, first, _ in parts], [last for *_, last in parts]]
        params = [*said.params, published(backtest.policy_id).kind, *spans]
        conditions = [_OF_KIND, "said.before = said.after"]
    if wanted.segment is not None:
        conditions.append(f"{segment_sql(asking.segments, source='fact')} = %s")
        params.append(wanted.segment)
    if wanted.only is not None:
        conditions.append("v.id = any(%s)")
        params.append(sorted(wanted.only))
    return f"select v.id from {' '.join(sources)} where {' and '.join(conditions)}", params  # noqa: S608


def _numbers(backtest: Backtest, parts: list[tuple[int, int, int]]) -> list[Any]:
    return [backtest.pk, [number for number, *_ in parts]]


_KEPT = """(
    select unnest({column}) as id from revenue_backtestslice
    where backtest_id = %s and number = any(%s) order by 1 desc
) kept join revenue_verdict v on v.id = kept.id"""
_OF_KIND = """v.policy_id in (select p.id from revenue_policyversion p where p.kind = %s)
    and exists (select from unnest(%s::bigint[], %s::bigint[]) part(first, last)
                where v.id between part.first and part.last)"""
