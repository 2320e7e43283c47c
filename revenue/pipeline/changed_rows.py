"""Changed rows of one batch into records, the accounts they belong to now, and questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from revenue import ledger
from revenue.models import DoubtfulPair
from revenue.pipeline.assigning import Doubt
from revenue.pipeline.normalising import AccountRecord
from revenue.pipeline.records import Known, Sighting, StoredAs, update_records
from revenue.pipeline.rematching import Rematch

Changes = dict[str, tuple[Any, Any]]
"""Field to its value before and after."""

MATCHED_BY = frozenset({
    "name", "legal_name", "phone", "street", "unit", "area", "city", "postcode", "latitude",
    "longitude",
})  # fmt: skip
"""The fields that decide which account a record belongs to."""


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """A row that says something else than its stored record. ``match`` is None where nothing
    changed that it is matched by.
    """

    line: int
    record: AccountRecord
    known: Known
    changes: Changes
    match: Rematch | None = None

    @property
    def account(self) -> int:
        """The account that it belongs to now."""
        return self.match.account if self.match else self.known.account

    @property
    def moves(self) -> bool:
        return self.account != self.known.account

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        return self.match.doubts if self.match else ()


def store_changed(rows: Sequence[ChangedRow], seen: Sighting) -> set[int]:
    """Store what changed and where it belongs; return the accounts that say something else now."""
    if not rows:
        return set()
    update_records(
        (
            StoredAs(
                row.known.id, row.record, row.account, row.match.decision if row.match else None
            )
            for row in rows
        ),
        seen,
    )
    doubts = [(row.known.id, doubt) for row in rows for doubt in row.doubts]
    _close_settled([row for row in rows if row.match], doubts)
    ask(doubts, now=seen.at)
    moved = {row.known.account: row.account for row in rows if row.moves}
    touched = {account for row in rows for account in (row.known.account, row.account)}
    return touched - _close_emptied(moved, now=seen.at)


def ask(doubts: Iterable[tuple[int, Doubt]], *, now: datetime) -> None:
    """Ask a person about records, by id; what is being asked already gets its new reason."""
    DoubtfulPair.objects.bulk_create(
        (
            DoubtfulPair(
                record_id=record,
                account_id=doubt.account,
                why=doubt.decision.why,
                score=doubt.decision.score,
                found_at=now,
            )
            for record, doubt in doubts
        ),
        update_conflicts=True,
        unique_fields=["record", "account"],
        update_fields=["why", "score"],
    )


def log_changes(rows: Sequence[ChangedRow], seen: Sighting) -> None:
    """The ledger keeps for ever, so values that may be kept for a time only stay out of it."""
    changed, moved = [], []
    for row in rows:
        origin = {"import": seen.run, "source": seen.source, "record_id": row.record.record_id}
        changes = sorted(row.changes) if seen.expires_at else row.changes
        asked = {"asked": [doubt.account for doubt in row.doubts]} if row.doubts else {}
        changed.append((f"account:{row.known.account}", {**origin, "changes": changes, **asked}))
        if row.match and row.match.decision:
            why, score = row.match.decision.why, row.match.decision.score
            data = {**origin, "from": row.known.account, "why": why, "score": score}
            moved.append((f"account:{row.account}", data))
    ledger.append_many(kind="account.changed", by=seen.by, now=seen.at, about=changed)
    ledger.append_many(kind="record.moved", by=seen.by, now=seen.at, about=moved)


def _close_settled(rows: Sequence[ChangedRow], doubts: Sequence[tuple[int, Doubt]]) -> None:
    """Take back what is being asked about these rows and is no doubt any more, and whether others
    still belong to their account where one of these speaks for them.
    """
    matches = [row.match for row in rows if row.match]
    with connection.cursor() as cursor:
        cursor.execute(
            _CLOSE_SETTLED,
            {
                "matched": [row.known.id for row in rows],
                "records": [record for record, _ in doubts],
                "accounts": [doubt.account for _, doubt in doubts],
                "backing": [record for match in matches for record in match.backing],
            },
        )


def _close_emptied(moved: Mapping[int, int], *, now: datetime) -> set[int]:
    """Merge accounts that have no record left into those where the last ones went; return them."""
    with connection.cursor() as cursor:
        cursor.execute(
            _CLOSE_EMPTIED, {"goes": list(moved), "stays": list(moved.values()), "now": now}
        )
        return {row[0] for row in cursor.fetchall()}


_CLOSE_SETTLED = """
    delete from revenue_doubtfulpair p
    using revenue_sourcerecord r
    where p.answer is null and r.id = p.record_id and (
        r.id = any(%(matched)s) and (p.record_id, p.account_id) not in (
            select * from unnest(%(records)s::bigint[], %(accounts)s::bigint[]))
        or r.id = any(%(backing)s) and r.account_id = p.account_id)
"""

_CLOSE_EMPTIED = """
    update revenue_account a
    set merged_into_id = m.stays, brand_id = null, brand_key = '', changed_at = %(now)s
    from unnest(%(goes)s::bigint[], %(stays)s::bigint[]) as m (goes, stays)
    where a.id = m.goes
      and not exists (select from revenue_sourcerecord r where r.account_id = a.id)
    returning a.id
"""
