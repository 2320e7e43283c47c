"""Sorted rows of one batch into records, accounts, doubtful pairs and the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from revenue import ledger
from revenue.models import DoubtfulPair, SourceRecord
from revenue.pipeline.accounts import create_accounts, recompose_accounts
from revenue.pipeline.assigning import Assignment
from revenue.pipeline.normalising import AccountRecord
from revenue.pipeline.records import (
    Known,
    NewRecord,
    Sighting,
    insert_records,
    next_ids,
    touch_records,
    update_records,
)

Line = tuple[int, AccountRecord]
Changes = dict[str, tuple[Any, Any]]
"""Field to its value before and after."""


@dataclass(frozen=True, slots=True)
class SortedRows:
    """The good rows of a batch, with their lines, by what they mean for the database."""

    fresh: list[Line]
    changed: list[tuple[int, AccountRecord, Known, Changes]]
    unchanged: list[tuple[AccountRecord, Known]]


def store_sorted(rows: SortedRows, assignments: Sequence[Assignment], seen: Sighting) -> None:
    """Store a batch in the caller's transaction; ``assignments`` are those of the fresh rows."""
    touch_records([known.id for _, known in rows.unchanged], seen)
    update_records([(known.id, record) for _, record, known, _ in rows.changed], seen)
    _store_fresh(rows.fresh, assignments, seen)
    new = {item.account for item in assignments if item.decision is None}
    grown = {item.account for item in assignments} - new
    recompose_accounts(grown | {known.account for _, _, known, _ in rows.changed}, now=seen.at)
    _log_fresh(assignments, seen)
    _log_changes(rows, seen)


def _store_fresh(fresh: Sequence[Line], assignments: Sequence[Assignment], seen: Sighting) -> None:
    described: dict[int, list[dict[str, Any]]] = {
        item.account: [] for item in assignments if item.decision is None
    }
    for (_, record), item in zip(fresh, assignments, strict=True):
        if item.account in described:
            described[item.account].append(record.fields)
    create_accounts(described, now=seen.at)
    ids = next_ids(SourceRecord, len(fresh))
    insert_records(
        [
            NewRecord(number, record, item.account, item.decision)
            for number, (_, record), item in zip(ids, fresh, assignments, strict=True)
        ],
        seen,
    )
    DoubtfulPair.objects.bulk_create(
        DoubtfulPair(
            record_id=number,
            account_id=doubt.account,
            why=doubt.decision.why,
            score=doubt.decision.score,
            found_at=seen.at,
        )
        for number, item in zip(ids, assignments, strict=True)
        for doubt in item.doubts
    )


def _log_fresh(assignments: Sequence[Assignment], seen: Sighting) -> None:
    """One event for a batch; the records themselves say why they were matched."""
    new = {item.account for item in assignments if item.decision is None}
    if not assignments:
        return
    ledger.append(
        kind="accounts.imported",
        subject=f"import:{seen.run}",
        by=seen.by,
        now=seen.at,
        data={
            "source": seen.source,
            "created": len(new),
            "first": min(new, default=None),
            "last": max(new, default=None),
            "matched": sum(item.decision is not None for item in assignments),
        },
    )


def _log_changes(rows: SortedRows, seen: Sighting) -> None:
    """The ledger keeps for ever, so values that may be kept for a time only stay out of it."""
    ledger.append_many(
        kind="account.changed",
        by=seen.by,
        now=seen.at,
        about=[
            (
                f"account:{known.account}",
                {
                    "import": seen.run,
                    "source": seen.source,
                    "record_id": record.record_id,
                    "changes": sorted(changes) if seen.expires_at else changes,
                },
            )
            for _, record, known, changes in rows.changed
        ],
    )
