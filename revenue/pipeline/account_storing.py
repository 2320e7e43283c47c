"""Sorted rows of one batch into records, accounts, doubtful pairs and the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from revenue import ledger
from revenue.models import SourceRecord
from revenue.pipeline.accounts import create_accounts, recompose_accounts
from revenue.pipeline.assigning import Assignment
from revenue.pipeline.changed_rows import ChangedRow, ask, log_changes, store_changed
from revenue.pipeline.normalising import AccountRecord
from revenue.pipeline.records import (
    Known,
    Sighting,
    StoredAs,
    insert_records,
    next_ids,
    touch_records,
)

Line = tuple[int, AccountRecord]


@dataclass(frozen=True, slots=True)
class SortedRows:
    """The good rows of a batch, with their lines, by what they mean for the database."""

    fresh: list[Line]
    assignments: list[Assignment]
    changed: list[ChangedRow]
    unchanged: list[tuple[AccountRecord, Known]]


def store_sorted(rows: SortedRows, seen: Sighting) -> None:
    """Store a batch in the caller's transaction."""
    touch_records([known.id for _, known in rows.unchanged], seen)
    touched = store_changed(rows.changed, seen)
    _store_fresh(rows.fresh, rows.assignments, seen)
    new = {item.account for item in rows.assignments if item.decision is None}
    grown = {item.account for item in rows.assignments} - new
    recompose_accounts(grown | touched, now=seen.at)
    _log_fresh(rows.assignments, seen)
    log_changes(rows.changed, seen)


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
            StoredAs(number, record, item.account, item.decision)
            for number, (_, record), item in zip(ids, fresh, assignments, strict=True)
        ],
        seen,
    )
    asked = zip(ids, assignments, strict=True)
    ask(((number, doubt) for number, item in asked for doubt in item.doubts), now=seen.at)


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
