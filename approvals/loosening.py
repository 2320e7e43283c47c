"""Mails that wait for a person and that a version of the send policy would allow.

They stay with people (decision 14); how many there are and which is said before it is published.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.urls import reverse

from approvals.models import SendState
from approvals.queries import COUNT_LIMIT, rows_of
from revenue.models import Effect, PolicyKind, PolicyVersion
from revenue.policies import verdicts
from revenue.policies.sql import source_sql, verdict_sql

LOOKED_AT = 10_000
"""So many of what waits are asked about, the most pressing first."""
LISTED = 200


@dataclass(frozen=True, slots=True)
class Freed:
    """How many, up to ``COUNT_LIMIT`` + 1, and the address of their list."""

    number: int
    url: str

    @property
    def words(self) -> str:
        if self.number > COUNT_LIMIT:
            return f"more than {COUNT_LIMIT:,} mails"
        return f"{self.number:,} mail{'' if self.number == 1 else 's'}"


def freed_by(version: PolicyVersion) -> Freed | None:
    """What waits now and would be allowed; None for what is no loosened send policy to come.

    One statement.
    """
    if version.kind != PolicyKind.SEND or version.published_at or version.loosens is False:
        return None
    number = len(freed_ids(version.pk))
    return Freed(number, reverse("approvals:allowed_by", args=[version.number]))


def freed_ids(version_id: int) -> list[int]:
    """Pending sends that are held now and that the version allows, the most pressing first.

    By the facts of the last verdict, up to ``COUNT_LIMIT`` + 1 of them.
    """
    policy = verdicts.published(version_id)
    names = policy.compiled.program(timing=False).facts
    source, verdict = source_sql(names, column="v.facts"), verdict_sql(policy.text, source="fact")
    with connection.cursor() as cursor:
        cursor.execute(
            f"""select s.id from (
                    select id, verdict_id, score from approvals_send
                    where state = %s and effect <> %s
                    order by score desc, id desc limit %s
                ) s
                join revenue_verdict v on v.id = s.verdict_id
                cross join {source.sql}
                where {verdict.sql} = %s
                order by s.score desc, s.id desc limit %s""",  # noqa: S608
            [
                SendState.PENDING,
                Effect.ALLOW,
                LOOKED_AT,
                *source.params,
                *verdict.params,
                Effect.ALLOW,
                COUNT_LIMIT + 1,
            ],
        )
        return [row[0] for row in cursor.fetchall()]


def freed_rows(version_id: int) -> tuple[list[dict[str, Any]], int]:
    """The most pressing of them as ``queries.rows_of`` gives them, and how many there are."""
    ids = freed_ids(version_id)
    return rows_of(ids[:LISTED]), len(ids)
