"""Imports: a file goes in by batches, each one transaction that also moves the run's offset.

Any worker may carry on with a run at any time, because the file, the offset and the rows are in
one database and move together.
"""

from __future__ import annotations

import csv
import gc
import io
import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any, BinaryIO

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from revenue import ledger
from revenue.actors import Actor
from revenue.models import (
    ColumnMapping,
    ImportChunk,
    ImportIssue,
    ImportRun,
    ImportState,
    PreviewRecord,
    Source,
)
from revenue.pipeline.account_batches import store_account_rows
from revenue.pipeline.brands import group_brands
from revenue.pipeline.columns import bind
from revenue.pipeline.contact_batches import store_contact_rows
from revenue.pipeline.contact_rows import contact_normaliser
from revenue.pipeline.files import forget_file, open_stored, store_file
from revenue.pipeline.mappings import Mapping, read_mapping
from revenue.pipeline.normalising import normaliser
from revenue.pipeline.outcomes import COUNTS, SAMPLES, Outcome
from revenue.pipeline.reading import (
    Position,
    Row,
    RowError,
    Table,
    UnreadableFileError,
    open_table,
    read_rows,
)
from revenue.pipeline.records import lock_matching

BATCH = 2000
ISSUES_KEPT = 100_000
NOTES_KEPT = 10_000
"""Of refused rows and of left-out values so many are kept with their reason; all are counted."""

Clock = Callable[[], datetime]
Store = Callable[..., Outcome]


class NotADryRunError(ValueError):
    """Only a finished dry run whose file is still kept can be followed by the import itself."""


@transaction.atomic
def start_import(
    *,
    file: BinaryIO,
    file_name: str,
    mapping: ColumnMapping,
    by: Actor,
    now: datetime,
    dry_run: bool = False,
) -> ImportRun:
    """Keep a file and begin its import; ``file`` is binary and seekable.

    Raises UnreadableFileError before anything is stored when the file can't be read by the mapping,
    and InvalidMappingError when the mapping is not valid any more.
    """
    spec = read_mapping(mapping.spec)
    table = open_table(file)
    bind(spec, table.columns)
    terms = spec.source
    Source.objects.get_or_create(
        slug=terms.slug,
        defaults={
            "name": terms.name,
            "attribution": terms.attribution,
            "keep_days": terms.keep_days,
        },
    )
    run = ImportRun.objects.create(
        mapping=mapping,
        spec=mapping.spec,
        file_name=file_name[-200:],
        size=0,
        dry_run=dry_run,
        offset=table.start.offset,
        line=table.start.line,
        started_at=now,
        started_by=str(by),
        moved_at=now,
    )
    run.size = store_file(run, file)
    run.save(update_fields=["size"])
    _log(run, "import.started", by=by, now=now, source=terms.slug, size=run.size)
    return run


@transaction.atomic
def import_for_real(*, run: ImportRun, by: Actor, now: datetime) -> ImportRun:
    """Begin the import that a dry run showed, with its file and its mapping."""
    dry = ImportRun.objects.select_for_update().get(pk=run.pk)
    kept = ImportChunk.objects.filter(run=dry)
    if not (dry.dry_run and dry.state == ImportState.DONE and kept.exists()):
        raise NotADryRunError(NotADryRunError.__doc__)
    with open_stored(dry) as file:
        start = open_table(file).start
    real = ImportRun.objects.create(
        mapping=dry.mapping,
        spec=dry.spec,
        file_name=dry.file_name,
        size=dry.size,
        offset=start.offset,
        line=start.line,
        started_at=now,
        started_by=str(by),
        moved_at=now,
    )
    kept.update(run=real)
    _log(real, "import.started", by=by, now=now, size=real.size, after=f"import:{dry.pk}")
    return real


@transaction.atomic
def cancel_import(*, run: ImportRun, by: Actor, now: datetime) -> bool:
    """Stop a running import; what went in stays. False when it had ended before."""
    return _end(run, ImportState.CANCELLED, by=by, now=now)


def advance_import(
    *, run: ImportRun, deadline: datetime, clock: Clock = timezone.now, batch: int = BATCH
) -> ImportRun:
    """Carry on with an import until it ends or the deadline passes; return it as it then is.

    Returns at once when another worker has it. A file that turns out unreadable ends it as failed.
    """
    run.refresh_from_db()
    try:
        if run.state == ImportState.RUNNING:
            with open_stored(run) as file:
                _advance(run, file, deadline=deadline, clock=clock, batch=batch)
    except UnreadableFileError as error:
        _fail(run, str(error), clock)
    except (OperationalError, InterfaceError):
        raise  # the database went away; the sweep tries again
    except Exception as error:
        _fail(run, f"stopped behind line {run.line} by {type(error).__name__}", clock)
        raise
    run.refresh_from_db()
    return run


def unfinished() -> QuerySet[ImportRun]:
    """Imports that a worker should carry on with, the oldest first."""
    return ImportRun.objects.filter(state=ImportState.RUNNING).order_by("id")


def issues_csv(run: ImportRun) -> Iterator[str]:
    """The issues of an import as lines of CSV, safe to open in a spreadsheet."""
    issues = ImportIssue.objects.filter(run=run).order_by("line", "id")
    columns = ("line", "column", "reason", "excerpt", "refused")
    yield _csv_line(["line", "column", "reason", "beginning of the cell", "row left out"])
    for line, column, reason, excerpt, refused in issues.values_list(*columns).iterator():
        cells = (str(line), column, reason, excerpt, "yes" if refused else "no")
        yield _csv_line([guarded(cell) for cell in cells])


def guarded(cell: str) -> str:
    """A cell that a spreadsheet does not take for a formula."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


def _csv_line(cells: Sequence[str]) -> str:
    line = io.StringIO(newline="")
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _advance(
    run: ImportRun, file: BinaryIO, *, deadline: datetime, clock: Clock, batch: int
) -> None:
    table = open_table(file)
    mapping = read_mapping(run.spec)
    store = _store_of(mapping, table)
    rows = read_rows(file, table, start=Position(run.offset, run.line))
    going = True
    while going:
        with _no_collector():
            taken = list(itertools.islice(rows, batch))
            going = _store_batch(run, taken, store, now=clock()) and clock() < deadline


@contextmanager
def _no_collector() -> Iterator[None]:
    """Keep the cyclic garbage collector from walking the whole heap several times a batch.

    A batch makes some hundred thousand objects without cycles; watching them took a third of the
    time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _store_of(mapping: Mapping, table: Table) -> Store:
    """What stores a batch of this kind of rows."""
    source = Source.objects.get(slug=mapping.source.slug)
    if mapping.kind == "contacts":
        read = contact_normaliser(mapping, table.columns)
        return partial(store_contact_rows, source=source, normalise=read)
    return partial(store_account_rows, source=source, normalise=normaliser(mapping, table.columns))


@transaction.atomic
def _store_batch(
    run: ImportRun, rows: Sequence[Row | RowError], store: Store, *, now: datetime
) -> bool:
    """Store rows and move the offset; False when there is no more to do for this worker."""
    locked = ImportRun.objects.select_for_update(skip_locked=True).filter(
        pk=run.pk, state=ImportState.RUNNING, offset=run.offset
    )
    if not locked.exists():
        return False
    if not rows:
        _finish(run, now=now)
        return False
    if not run.dry_run:
        lock_matching()
    outcome = store(rows, run=run, now=now)
    _keep_issues(run, outcome)
    _move(run, rows, outcome, now=now)
    return True


def _move(
    run: ImportRun, rows: Sequence[Row | RowError], outcome: Outcome, *, now: datetime
) -> None:
    for name in COUNTS:
        setattr(run, name, getattr(run, name) + getattr(outcome, name))
    run.rows += len(rows)
    run.offset, run.line = rows[-1].end.offset, rows[-1].end.line
    run.moved_at = now
    for name, samples in outcome.samples.items():
        shown = run.report.setdefault(name, [])
        shown += samples[: SAMPLES - len(shown)]
    run.save(update_fields=[*COUNTS, "rows", "offset", "line", "moved_at", "report"])


def _keep_issues(run: ImportRun, outcome: Outcome) -> None:
    notes = int(run.report.get("notes", 0))
    refusals = run.refused
    kept = []
    for issue in outcome.issues:
        if issue.refused:
            refusals += 1
        else:
            notes += 1
        if (refusals <= ISSUES_KEPT) if issue.refused else (notes <= NOTES_KEPT):
            kept.append(
                ImportIssue(
                    run=run,
                    line=issue.line,
                    column=issue.column[:120],
                    reason=issue.reason[:300],
                    excerpt=issue.excerpt,
                    refused=issue.refused,
                )
            )
    run.report["notes"] = notes
    ImportIssue.objects.bulk_create(kept)


def _finish(run: ImportRun, *, now: datetime) -> None:
    PreviewRecord.objects.filter(run=run).delete()
    if not run.dry_run:
        forget_file(run)
        if run.created or run.changed or run.merged:
            group_brands(now=now)
    _end(run, ImportState.DONE, by=Actor.parse(run.started_by), now=now)


@transaction.atomic
def _fail(run: ImportRun, failure: str, clock: Clock) -> None:
    now = clock()
    if _end(run, ImportState.FAILED, by=Actor.parse(run.started_by), now=now):
        ImportRun.objects.filter(pk=run.pk).update(failure=failure[:500])


def _end(run: ImportRun, state: ImportState, *, by: Actor, now: datetime) -> bool:
    ended = ImportRun.objects.filter(pk=run.pk, state=ImportState.RUNNING).update(
        state=state, finished_at=now
    )
    if ended:
        if state != ImportState.DONE:
            PreviewRecord.objects.filter(run=run).delete()
            forget_file(run)
        run.refresh_from_db()
        counts = {name: getattr(run, name) for name in ("rows", *COUNTS)}
        kind = {ImportState.DONE: "finished"}.get(state, str(state))
        _log(run, f"import.{kind}", by=by, now=now, **counts)
    return bool(ended)


def _log(run: ImportRun, kind: str, *, by: Actor, now: datetime, **data: Any) -> None:
    ledger.append(
        kind=kind,
        subject=f"import:{run.pk}",
        by=by,
        now=now,
        data={"mapping": run.mapping_id, "file": run.file_name, "dry_run": run.dry_run, **data},
    )
