"""The rules of a mapping, bound to the columns of one file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from revenue.pipeline.mappings import FieldRule, Transform, missing_columns
from revenue.pipeline.mappings import Mapping as ColumnMapping
from revenue.pipeline.names import display_name
from revenue.pipeline.reading import UnreadableFileError
from revenue.pipeline.texts import clean

Cell = Callable[[list[str]], str]

LONGEST = 1000
"""Characters of a cell that are looked at; every field holds fewer."""

_DATE_FORMS = {"day_first": ("%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y"), "month_first": ("%m/%d/%Y",)}


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a row lost on its way in, or why it was refused."""

    column: str
    reason: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class Bound:
    """``cells`` gives each field's cleaned text; ``names`` the column to blame for it."""

    record_id: Cell
    cells: Mapping[str, Cell]
    names: Mapping[str, str]


def bind(mapping: ColumnMapping, columns: Sequence[str]) -> Bound:
    """Find the mapping's columns in a file; raises UnreadableFileError when some are missing."""
    if missing := missing_columns(mapping, columns):
        raise UnreadableFileError(
            f"The file has no column {', '.join(repr(name) for name in missing)}, which the "
            f"mapping {mapping.slug!r} reads. It has: {', '.join(columns)}."[:500]
        )
    places = {name.casefold(): index for index, name in enumerate(columns) if name}
    return Bound(
        record_id=_cell(mapping.record_id, places),
        cells={field: _cell(rule, places) for field, rule in mapping.fields.items()},
        names={field: " + ".join(rule.columns) or field for field, rule in mapping.fields.items()},
    )


def read_date(text: str) -> date | None:
    """A date as YYYY-MM-DD, with or without a time."""
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None


def read_int(text: str, decimal: str) -> int | None:
    """A count, 0 to 10 million; thousands may be parted, decimals must be zero."""
    thousands = "," if decimal == "." else "."
    whole, _, rest = text.replace(thousands, "").replace(" ", "").partition(decimal)
    if not (whole.isascii() and whole.isdigit()) or rest.strip("0"):
        return None
    value = int(whole) if len(whole) <= 8 else 100_000_000
    return value if value <= 10_000_000 else None


def read_float(text: str, decimal: str) -> float | None:
    """A plain decimal number; with a decimal comma a point is understood too."""
    if decimal == "," and "," in text:
        text = text.replace(".", "").replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e6 and "_" not in text else None


def _cell(rule: FieldRule, places: Mapping[str, int]) -> Cell:
    if rule.constant:
        constant = _transformed(rule.constant, rule.transforms)
        return lambda cells: constant
    indices = [places[name.casefold()] for name in rule.columns if name.casefold() in places]
    if not indices:
        return lambda cells: ""
    if len(indices) == 1:
        index = indices[0]
        if not rule.transforms:
            return lambda cells: clean(cells[index][:LONGEST])
        return lambda cells: _transformed(clean(cells[index][:LONGEST]), rule.transforms)
    return lambda cells: _transformed(
        rule.join.join(filter(None, (clean(cells[index][:LONGEST]) for index in indices))),
        rule.transforms,
    )


def _transformed(text: str, transforms: Sequence[Transform]) -> str:
    for transform in transforms:
        text = _transform(text, transform)
    return text


def _transform(text: str, transform: Transform) -> str:
    match transform:
        case "upper":
            return text.upper()
        case "lower":
            return text.lower()
        case "first":
            return text.split(";")[0].strip()
        case "spaces":
            return text.replace("_", " ")
        case "capitals":
            return display_name(text)
        case "sentence":
            return text.capitalize() if text.isupper() else text
        case "day_first" | "month_first":
            return _iso_date(text, _DATE_FORMS[transform])


def _iso_date(text: str, forms: Sequence[str]) -> str:
    for form in forms:
        try:
            return datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007 - a day only
        except ValueError:
            continue
    return text
