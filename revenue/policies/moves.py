"""How kept verdicts would move: one statement for the verdicts of each version that judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import connection

from revenue.models import Backtest, BacktestSlice, PolicyKind
from revenue.policies.conditions import PolicyText
from revenue.policies.faults import PolicyInvalid
from revenue.policies.rejudging import Rejudging, rejudging
from revenue.policies.sql import source_sql
from revenue.policies.verdicts import published

SEGMENTED_BY: dict[str, tuple[str, ...]] = {
    PolicyKind.SEND: ("send.kind", "contact.country"),
    PolicyKind.ICP: ("account.category_group",),
}
"""The facts by which what moved is told apart; their values, joined by slashes, are the segment."""
LONGEST = 40


class Move(StrEnum):
    """What became of a verdict; ``UNRECORDED`` counts those of the newly held where only something
    that the new rules read, and nobody recorded, holds them."""

    ALLOWED = "newly_allowed"
    HELD = "newly_held"
    DENIED = "newly_denied"
    UNCHANGED = "unchanged"
    UNRECORDED = "unrecorded"


def moves_in(
    backtest: Backtest, part: BacktestSlice
) -> Iterator[tuple[str, str, int, int, list[int]]]:
    """Segment, move, how many of it are unrecorded, how many in all, and their ids if moved."""
    kind = backtest.policy.kind
    for version_id in _versions_among(kind, part):
        judging = judging_of(version_id, backtest)
        query = f"""
            select segment, move, count(*) filter (where unrecorded), count(*),
                   coalesce(array_agg(id) filter (where move <> 'unchanged'), '{{}}')
            from ({_MOVES.format(**judging.parts)}) as said
            group by segment, move"""  # noqa: S608 - built of checked names and %s
        with connection.cursor() as cursor:
            cursor.execute(query, [*judging.params, version_id, part.first_id, part.last_id])
            yield from cursor.fetchall()


_MOVES = """
    select v.id, {segment} as segment,
           case when said.after = said.before then 'unchanged'
                when said.after = 'allow' then 'newly_allowed'
                when said.after = 'hold' then 'newly_held' else 'newly_denied' end as move,
           case when said.after = 'hold' and said.before <> 'hold' then {unrecorded}
                else false end as unrecorded
    from revenue_verdict v cross join {source}
    cross join lateral (select {before} as before, {after} as after offset 0) as said
    where v.policy_id = %s and v.id between %s and %s"""


@dataclass(frozen=True, slots=True)
class Judging:
    """The expressions of one backtest for the verdicts of one version."""

    parts: dict[str, str]
    params: list[Any]


def judging_of(version_id: int, backtest: Backtest) -> Judging:
    """How verdicts of a version are asked about; ``parts`` fill the places of a statement."""
    found = _rejudging(version_id, backtest)
    segments = SEGMENTED_BY.get(backtest.policy.kind, ())
    source = source_sql([*segments, *found.facts], column="v.facts")
    expressions = (found.unrecorded, found.before, found.after)
    return Judging(
        {
            "segment": segment_sql(segments),
            "source": source.sql,
            "unrecorded": found.unrecorded.sql,
            "before": found.before.sql,
            "after": found.after.sql,
        },
        [param for expression in expressions for param in expression.params],
    )


def segment_sql(names: tuple[str, ...]) -> str:
    """The segment of a verdict from its facts; what is not known is left empty."""
    values = [f"left(coalesce(fact.\"{name}\", ''), {LONGEST})" for name in names]
    return " || '/' || ".join(values) or "''"


def _rejudging(version_id: int, backtest: Backtest) -> Rejudging:
    return rejudging(
        given=_text_of(version_id),
        against=published(backtest.against_id).text,
        candidate=published(backtest.policy_id).text,
    )


def _text_of(version_id: int) -> PolicyText | None:
    """The rules that gave a verdict; None for a text that today's catalogue does not know."""
    try:
        return published(version_id).text
    except PolicyInvalid:
        return None


def _versions_among(kind: str, part: BacktestSlice) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """select p.id from revenue_policyversion p
               where p.kind = %s and exists (
                   select from revenue_verdict v
                   where v.policy_id = p.id and v.id between %s and %s)
               order by p.id""",
            [kind, part.first_id, part.last_id],
        )
        return [row[0] for row in cursor.fetchall()]
