"""The suppression list as a CSV file, in and out."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO

from django.conf import settings
from django.db import transaction

from revenue.actors import Actor
from revenue.conversation.suppression import (
    NotSuppressible,
    digest_of,
    normalise,
    record_added,
)
from revenue.models import Suppression, SuppressionKind, SuppressionReason

COLUMNS = ("kind", "value", "reason", "note", "suppressed_at", "digest")
VALUE_HEADINGS = ("value", "email", "e-mail", "email address", "address", "mail", "domain")
"""The first of these that a header has names the column of the value."""
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
BATCH = 1000
MOST_ERRORS = 1000


@dataclass(frozen=True, slots=True)
class RowError:
    """A row that was left out; ``line`` counts from 1 and is where the row ends."""

    line: int
    column: str
    reason: str


@dataclass(slots=True)
class ImportReport:
    """What an import did. Beyond the first thousand, errors are only counted."""

    added: int = 0
    known: int = 0
    failed: int = 0
    errors: list[RowError] = field(default_factory=list)

    def fail(self, line: int, column: str, reason: str) -> None:
        self.failed += 1
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(RowError(line, column, reason))


@dataclass(frozen=True, slots=True)
class Row:
    """A good row, normalised."""

    kind: SuppressionKind
    value: str
    digest: str
    reason: SuppressionReason
    note: str


@transaction.atomic
def import_suppressions(file: IO[bytes], *, by: Actor, now: datetime) -> ImportReport:
    """Add every good row of a CSV file; bad ones are reported, with line, column and reason.

    UTF-8 with or without BOM; comma, semicolon or tab. With a header the columns are ``value`` (or
    ``email``, ``domain``), ``kind``, ``reason`` and ``note``; without one the first column is the
    value. The kind follows from the value where it is not given. Never lifts or changes an entry.
    """
    report = ImportReport()
    batch: dict[str, Row] = {}
    for row in _rows(file, report):
        if row.digest in batch:
            report.known += 1
            continue
        batch[row.digest] = row
        if len(batch) == BATCH:
            _add(batch, report, by=by, now=now)
            batch = {}
    _add(batch, report, by=by, now=now)
    return report


def export_suppressions() -> Iterator[str]:
    """The active entries as lines of CSV, latest first, in flat memory.

    A forgotten entry has its digest only. Cells that a spreadsheet would run are quoted.
    """
    yield csv_line(COLUMNS)
    entries = Suppression.objects.filter(lifted_at=None).order_by("-suppressed_at", "-id")
    for entry in entries.iterator(chunk_size=2000):
        at = entry.suppressed_at.isoformat(timespec="seconds")
        cells = (entry.kind, entry.value or "", entry.reason, entry.note, at, entry.digest)
        yield csv_line(guarded(cell) for cell in cells)


def csv_line(cells: Iterable[str]) -> str:
    """One line of CSV with its line end."""
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def guarded(cell: str) -> str:
    """The cell with an apostrophe before it if a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def unguarded(cell: str) -> str:
    """The cell without the apostrophe that ``guarded`` set."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS) else cell


def _rows(file: IO[bytes], report: ImportReport) -> Iterator[Row]:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
    try:
        first = text.readline()
        delimiter = max(",;\t", key=first.count)
        columns = _columns(first, delimiter)
        lines = text if columns else _again(first, text)
        reader = csv.reader(lines, delimiter=delimiter)
        before = 1 if columns else 0
        for cells in _readable(reader, before, report):
            row = _row(cells, columns or {"value": 0}, before + reader.line_num, report)
            if row:
                yield row
    finally:
        text.detach()


def _columns(first: str, delimiter: str) -> dict[str, int] | None:
    """Positions by name if the line is a header, else None."""
    names = [name.strip().strip('"').lower() for name in first.split(delimiter)]
    headings = [name for name in VALUE_HEADINGS if name in names]
    if not headings:
        return None
    columns: dict[str, int] = {
        name: names.index(name) for name in ("kind", "reason", "note") if name in names
    }
    return {**columns, "value": names.index(headings[0])}


def _again(first: str, rest: Iterable[str]) -> Iterator[str]:
    yield first
    yield from rest


def _readable(
    reader: Iterator[list[str]], before: int, report: ImportReport
) -> Iterator[list[str]]:
    """The rows that the CSV reader can read."""
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            report.fail(before + reader.line_num, "", str(error))  # type: ignore[attr-defined]


def _row(cells: list[str], columns: dict[str, int], line: int, report: ImportReport) -> Row | None:
    given = {
        name: unguarded(cells[at].strip()) if at < len(cells) else ""
        for name, at in columns.items()
    }
    if not any(cells):
        return None
    column = "kind"
    try:
        kind = _kind(given.get("kind", ""), given["value"])
        column = "value"
        value = normalise(kind, given["value"])
        column = "reason"
        reason = _reason(given.get("reason", ""))
    except NotSuppressible as error:
        report.fail(line, column, str(error))
        return None
    digest = digest_of(kind, value, key=settings.SUPPRESSION_KEY)
    return Row(kind, value, digest, reason, given.get("note", "")[:300])


def _kind(word: str, value: str) -> SuppressionKind:
    if not word:
        is_address = "@" in value.removeprefix("@")
        return SuppressionKind.ADDRESS if is_address else SuppressionKind.DOMAIN
    if word.lower() not in {SuppressionKind.ADDRESS, SuppressionKind.DOMAIN}:
        # Another house's account numbers mean nothing here.
        raise NotSuppressible("Write address or domain; accounts can't be imported.")
    return SuppressionKind(word.lower())


def _reason(word: str) -> SuppressionReason:
    if not word:
        return SuppressionReason.IMPORTED
    try:
        return SuppressionReason(word.lower())
    except ValueError:
        raise NotSuppressible(f"Write one of {', '.join(SuppressionReason.values)}.") from None


def _add(batch: dict[str, Row], report: ImportReport, *, by: Actor, now: datetime) -> None:
    """Insert what is new. Entries that others add meanwhile are left to them."""
    active = Suppression.objects.filter(lifted_at=None, kind__in=SuppressionKind.values)
    before = set(active.filter(digest__in=batch).values_list("digest", flat=True))
    new = [row for row in batch.values() if row.digest not in before]
    Suppression.objects.bulk_create(
        [
            Suppression(
                kind=row.kind,
                digest=row.digest,
                value=row.value,
                reason=row.reason,
                note=row.note,
                suppressed_at=now,
                suppressed_by=str(by),
            )
            for row in new
        ],
        ignore_conflicts=True,
    )
    inserted = list(
        active.filter(
            digest__in=[row.digest for row in new], suppressed_at=now, suppressed_by=str(by)
        )
    )
    record_added(inserted, by=by, now=now)
    report.added += len(inserted)
    report.known += len(batch) - len(inserted)
