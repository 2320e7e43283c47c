"""The one table that the benchmarks print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Row:
    """One line; ``ratio`` is figure against reference, empty cells were not measured."""

    what: str
    figure: str
    reference: str = ""
    ratio: str = ""
    target: str = ""
    verdict: str = ""


HEAD = Row("what", "figure", "beside it", "ratio", "target", "")


def at_most(value: float, limit: float) -> str:
    """``met``, or by how much it is too large."""
    return "met" if value <= limit else f"MISSED by {value / limit - 1:.0%}"


def at_least(value: float, limit: float) -> str:
    """``met``, or by how much it is too small."""
    return "met" if value >= limit else f"MISSED by {1 - value / limit:.0%}"


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:,.1f} ms"


def times(ratio: float) -> str:
    return f"{ratio:.3g} \N{MULTIPLICATION SIGN}"


def rendered(rows: Iterable[Row]) -> str:
    """The rows under a head, in columns as wide as they must be."""
    lines = [[getattr(row, spec.name) for spec in fields(Row)] for row in (HEAD, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = ["-" * width for width in widths]
    return "\n".join(_line(cells, widths) for cells in (lines[0], rule, *lines[1:]))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *middle, last = zip(cells, widths, strict=True)
    padded = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in middle), last[0]]
    return "  ".join(padded).rstrip()
