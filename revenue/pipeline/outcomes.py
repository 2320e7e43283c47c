"""What became of the rows of one batch."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from revenue.pipeline.columns import Note
from revenue.pipeline.reading import Row, RowError

COUNTS = ("created", "changed", "unchanged", "merged", "moved", "doubtful", "refused")
SAMPLES = 10
"""So many rows of each outcome are kept to show."""


@dataclass(frozen=True, slots=True)
class Issue:
    """``refused``: the row was left out; else only the value was."""

    line: int
    column: str
    reason: str
    excerpt: str
    refused: bool


@dataclass(slots=True)
class Outcome:
    """Counts, issues and samples; filled while the batch is stored."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    merged: int = 0
    moved: int = 0
    doubtful: int = 0
    refused: int = 0
    issues: list[Issue] = field(default_factory=list)
    samples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def refuse(self, line: int, note: Note) -> None:
        self.refused += 1
        self.issues.append(Issue(line, note.column, note.reason, note.excerpt, refused=True))

    def note(self, line: int, notes: Sequence[Note]) -> None:
        for note in notes:
            self.issues.append(Issue(line, note.column, note.reason, note.excerpt, refused=False))

    def shows(self, outcome: str) -> bool:
        """Whether there is room for one more sample of this outcome."""
        return len(self.samples.get(outcome, ())) < SAMPLES

    def sample(self, outcome: str, **row: Any) -> None:
        if self.shows(outcome):
            self.samples.setdefault(outcome, []).append(row)


class Normalised(Protocol):
    @property
    def notes(self) -> tuple[Note, ...]: ...


N = TypeVar("N", bound=Normalised)


def normalise_rows(
    rows: Sequence[Row | RowError],
    normalise: Callable[[list[str]], N | Note],
    identity: Callable[[N], Hashable],
    outcome: Outcome,
) -> list[tuple[int, N]]:
    """The good rows with their lines; what is refused or stands twice goes to the outcome."""
    good: list[tuple[int, N]] = []
    lines: dict[Hashable, int] = {}
    for row in rows:
        if isinstance(row, RowError):
            outcome.refuse(row.line, Note(row.column, row.reason, row.excerpt))
            continue
        record = normalise(row.cells)
        if isinstance(record, Note):
            outcome.refuse(row.line, record)
            continue
        first = lines.setdefault(identity(record), row.line)
        if first != row.line:
            outcome.refuse(row.line, repeated(f"on line {first}"))
            continue
        outcome.note(row.line, record.notes)
        good.append((row.line, record))
    return good


def repeated(where: str = "above") -> Note:
    """Why the second row of one record id is left out."""
    return Note("", f"the record id stands already {where}", "")
