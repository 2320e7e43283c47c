"""How kept verdicts would move: one statement for the verdicts of each version that judged."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from django.db import connection

from revenue.models import Backtest, BacktestSlice, PolicyKind
from revenue.policies.conditions import PolicyText
from revenue.policies.faults import PolicyInvalid
from revenue.policies.rejudging import Rejudging, rejudging
from revenue.policies.sql import rows_sql
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
    for version_id in _versions_among(backtest.policy.kind, part):
        query, params = _statement(version_id, backtest)
        with connection.cursor() as cursor:
            cursor.execute(query, [*params, version_id, part.first_id, part.last_id])
            yield from cursor.fetchall()


def _statement(version_id: int, backtest: Backtest) -> tuple[str, list[Any]]:
    """The statement for the verdicts of a version; its last places are for the version and ids."""
    asked = _rejudging(version_id, backtest)
    segments = SEGMENTED_BY.get(backtest.policy.kind, ())
    rows = rows_sql(
        [*segments, *asked.facts],
        rows="revenue_verdict AS v WHERE v.policy_id = %s AND v.id BETWEEN %s AND %s",
        columns=("id", "effect", "rule", "trace", "facts"),
        alias="v",
    )
    query = f"""
        select segment, move, count(*) filter (where unrecorded), count(*),
               coalesce(array_agg(id) filter (where move <> 'unchanged'), '{{}}')
        from (
            select v.id, v.segment,
                   case when v.after = v.before then 'unchanged'
                        when v.after = 'allow' then 'newly_allowed'
                        when v.after = 'hold' then 'newly_held' else 'newly_denied' end as move,
                   case when v.after = 'hold' and v.before <> 'hold' then {asked.unrecorded.sql}
                        else false end as unrecorded
            from (select v.*, {segment_sql(segments, source="v")} as segment,
                         {asked.before.sql} as before, {asked.after.sql} as after
                  from {rows} offset 0) as v
            offset 0
        ) as said
        group by segment, move"""  # noqa: S608 - built of checked names and %s
    expressions = (asked.unrecorded, asked.before, asked.after)
    return query, [param for expression in expressions for param in expression.params]


def segment_sql(names: tuple[str, ...], *, source: str) -> str:
    """The segment of a verdict from its facts; what is not known is left empty."""
    values = [f"left(coalesce({source}.\"{name}\", ''), {LONGEST})" for name in names]
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
