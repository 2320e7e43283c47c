"""A batch of account rows: compared with what is stored, matched, and stored."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from revenue.actors import Actor
from revenue.models import Account, ImportRun, PreviewRecord, Source
from revenue.pipeline.account_storing import Line, SortedRows, store_sorted
from revenue.pipeline.assigning import Batch, assign
from revenue.pipeline.candidates import candidates
from revenue.pipeline.changed_rows import MATCHED_BY, ChangedRow, Changes
from revenue.pipeline.normalising import AccountRecord, Normaliser
from revenue.pipeline.outcomes import Outcome, normalise_rows, repeated
from revenue.pipeline.reading import Row, RowError
from revenue.pipeline.records import (
    Sighting,
    copy_rows,
    fields_of,
    known_records,
    next_ids,
    previewed,
    record_columns,
)
from revenue.pipeline.rematching import ChangedKeys, Standing, rematch
from revenue.pipeline.standing import standing_of


def store_account_rows(
    rows: Sequence[Row | RowError],
    *,
    run: ImportRun,
    source: Source,
    normalise: Normaliser,
    now: datetime,
) -> Outcome:
    """Store one batch in the caller's transaction, or for a dry run only remember it."""
    outcome = Outcome()
    good = normalise_rows(rows, normalise, lambda record: record.record_id, outcome)
    batch = _match(_sort(good, run, source.slug, outcome), run, source.slug)
    _tell(batch, outcome)
    if run.dry_run:
        _remember(batch, run)
    else:
        keep = source.keep_days
        seen = Sighting(
            run=run.pk,
            source=source.slug,
            at=now,
            expires_at=now + timedelta(days=keep) if keep else None,
            by=Actor.parse(run.started_by),
        )
        store_sorted(batch, seen)
    return outcome


def _match(batch: SortedRows, run: ImportRun, source: str) -> SortedRows:
    """Say where changed rows belong now, and then where the new ones do."""
    preview = run.pk if run.dry_run else None
    again = [row for row in batch.changed if row.changes.keys() & MATCHED_BY]
    known = [ChangedKeys(row.known.id, row.known.account, row.record.keys) for row in again]
    fresh = [record.keys for _, record in batch.fresh]
    rivals = candidates(
        [*(row.keys for row in known), *fresh],
        source=source,
        preview=preview,
        outdated={row.record for row in known},
    )
    earlier = Batch()
    accounts = {row.account for row in known}
    standing = standing_of(accounts, source=source, preview=preview) if known else Standing()
    matches = rematch(known, rivals[: len(known)], source=source, standing=standing, batch=earlier)
    found = dict(zip((row.record for row in known), matches, strict=True))
    assignments = assign(
        fresh,
        rivals[len(known) :],
        source=source,
        new_account=_account_ids(run, len(fresh)),
        earlier=earlier,
    )
    changed = [replace(row, match=found.get(row.known.id)) for row in batch.changed]
    return replace(batch, changed=changed, assignments=assignments)


def _sort(good: Sequence[Line], run: ImportRun, source: str, outcome: Outcome) -> SortedRows:
    ids = [record.record_id for _, record in good]
    known = known_records(source, ids)
    met = previewed(run.pk, ids) if run.dry_run else set()
    batch = SortedRows([], [], [], [])
    suspects = []
    for line, record in good:
        stored = known.get(record.record_id)
        if record.record_id in met or (stored and stored.run == run.pk):
            outcome.refuse(line, repeated())
        elif stored is None:
            batch.fresh.append((line, record))
        elif stored.content_hash == record.content_hash:
            batch.unchanged.append((record, stored))
        else:
            suspects.append((line, record, stored))
    before = fields_of([stored.id for _, _, stored in suspects])
    for line, record, stored in suspects:
        changes = _changes(before[stored.id], record.fields)
        batch.changed.append(ChangedRow(line, record, stored, changes))
    return batch


def _changes(before: dict[str, Any], after: dict[str, Any]) -> Changes:
    return {
        name: (before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    }


def _account_ids(run: ImportRun, count: int) -> Callable[[], int]:
    """Ids for new accounts; in a dry run below zero, and different in each batch."""
    ids: Iterator[int] = iter(() if run.dry_run else next_ids(Account, count))
    return (itertools.count(-run.rows - 1, -1) if run.dry_run else ids).__next__


def _tell(batch: SortedRows, outcome: Outcome) -> None:
    """Count the outcomes and keep some of each to show."""
    outcome.unchanged += len(batch.unchanged)
    outcome.changed += len(batch.changed)
    for row in batch.changed:
        shown = _shown(row.line, row.record)
        outcome.sample("changed", **shown, changes=row.changes)
        if row.match and row.match.decision:
            outcome.moved += 1
            outcome.sample("moved", **shown, why=row.match.decision.why)
        if row.doubts:
            outcome.doubtful += 1
            outcome.sample("doubtful", **shown, why=row.doubts[0].decision.why)
    for (line, record), item in zip(batch.fresh, batch.assignments, strict=True):
        outcome.doubtful += bool(item.doubts)
        if item.decision is None:
            outcome.created += 1
            if outcome.shows("created"):
                outcome.sample("created", **_shown(line, record))
        else:
            outcome.merged += 1
            if outcome.shows("merged"):
                outcome.sample("merged", **_shown(line, record), why=item.decision.why)
        if item.doubts and outcome.shows("doubtful"):
            why = item.doubts[0].decision.why
            outcome.sample("doubtful", **_shown(line, record), why=why)


def _shown(line: int, record: AccountRecord) -> dict[str, Any]:
    place = ", ".join(str(record.fields[key]) for key in ("street", "city") if key in record.fields)
    return {"line": line, "record_id": record.record_id, "name": record.fields["name"]} | (
        {"place": place} if place else {}
    )


def _remember(batch: SortedRows, run: ImportRun) -> None:
    rows: list[dict[str, Any]] = [
        {"record_id": record.record_id, "account": known.account}
        for record, known in batch.unchanged
    ]
    rows += [record_columns(row.record) | {"account": row.account} for row in batch.changed]
    rows += [
        record_columns(record) | {"account": assignment.account}
        for (_, record), assignment in zip(batch.fresh, batch.assignments, strict=True)
    ]
    ids = next_ids(PreviewRecord, len(rows))
    numbered = zip(ids, rows, strict=True)
    copy_rows(PreviewRecord, (row | {"id": number, "run_id": run.pk} for number, row in numbered))
