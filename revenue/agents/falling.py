"""Which mails of late fall into a part of the mail, as they were when they were first judged.

That is the moment at which it is decided who may let them go.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from revenue.policies.conditions import AllOf, Node, leaves
from revenue.policies.fired import PAGE, Listed
from revenue.policies.sql import Expression, condition_sql, source_sql

LATELY = timedelta(days=90)
_FIRST = """
    revenue_verdict v
    join revenue_policyversion p on p.id = v.policy_id and p.kind = 'send'
"""
_WITHIN = """
    v.given_at > %s and not exists (
        select from revenue_verdict earlier where earlier.subject = v.subject and earlier.id < v.id)
"""


def both(one: Node | None, other: Node | None) -> Node | None:
    """The condition of being in both; None for everything."""
    if one is None or other is None:
        return one or other
    return AllOf(all=(one, other))


def count(conditions: Sequence[Node | None], *, now: datetime) -> list[int]:
    """How many mails of the last 90 days surely are as each condition says; None counts all.

    One statement.
    """
    asked = [_surely(condition) for condition in conditions]
    counts = ", ".join(f"count(*) filter (where {one.sql})" for one in asked) or "null"
    source = _source(conditions)
    statement = f"select {counts} from {_FIRST} {source} where {_WITHIN}"  # noqa: S608 - checked names
    params = [param for one in asked for param in one.params]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*params, now - LATELY])
        return list(cursor.fetchone())[: len(asked)]


def mails_in(
    condition: Node | None, *, now: datetime, before: int | None = None
) -> tuple[list[Listed], int | None]:
    """A page of them, newest first, and where the next one begins; one statement."""
    asked = _surely(condition)
    statement = f"""
        select v.id, v.subject, v.given_at, v.effect, v.rule
        from {_FIRST} {_source([condition])}
        where {_WITHIN} and {asked.sql} and (%s::bigint is null or v.id < %s)
        order by v.id desc limit %s"""  # noqa: S608 - checked names
    params: list[Any] = [now - LATELY, *asked.params, before, before, PAGE + 1]
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        found = [Listed(*row) for row in cursor.fetchall()]
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


def _surely(condition: Node | None) -> Expression:
    if condition is None:
        return Expression("true")
    asked = condition_sql(condition, source="fact")
    return Expression(f"({asked.sql}) is true", asked.params)


def _source(conditions: Sequence[Node | None]) -> str:
    names = [leaf.fact for one in conditions if one is not None for leaf in leaves(one)]
    return f"cross join {source_sql(names, column='v.facts').sql}"
