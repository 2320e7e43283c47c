"""How the columns of one kind of file become our own fields: read from TOML or a saved row."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from revenue.policies.categories import VOCABULARIES

Kind = Literal["accounts", "contacts"]
Transform = Literal[
    "upper", "lower", "first", "spaces", "capitals", "sentence", "day_first", "month_first"
]
"""``first`` takes what stands before the first ``;``, ``spaces`` turns ``_`` into spaces,
``capitals`` writes a name in capitals normally and ``sentence`` a text, ``day_first`` and
``month_first`` read dates like ``31.12.2025`` and ``12/31/2025``."""

ACCOUNT_FIELDS = (
    "name", "trade", "brand", "phone", "website", "unit", "street_number", "street", "area",
    "city", "region", "postcode", "country", "latitude", "longitude", "employees_full_time",
    "employees_part_time", "opening_hours", "stated_on",
)  # fmt: skip
CONTACT_FIELDS = (
    "email", "name", "role", "time_zone", "country", "region", "consent", "legal_form",
    "published_url", "published_on", "published_excerpt", "no_solicitation", "account_source",
    "account_record", "account_name", "account_place",
)  # fmt: skip
_FIELDS: dict[str, frozenset[str]] = {
    "accounts": frozenset(ACCOUNT_FIELDS),
    "contacts": frozenset(CONTACT_FIELDS),
}
_SHIPPED = Path(__file__).with_name("mappings")

Column = Annotated[str, Field(min_length=1, max_length=120)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]


class InvalidMappingError(ValueError):
    """The mapping can't be used; the message lists each fault with its place."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldRule(_Strict):
    """Where one of our fields comes from: columns, or one value for every row.

    Several columns are joined by ``join``. Without any of its columns an ``optional`` field is
    empty; any other field makes the file unreadable.
    """

    columns: tuple[Column, ...] = ()
    join: str = Field(" ", max_length=8)
    constant: str = Field("", max_length=200)
    transforms: tuple[Transform, ...] = ()
    optional: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, data: Any) -> Any:
        """A bare string names one column."""
        return {"columns": (data,)} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        if bool(self.columns) == bool(self.constant):
            raise ValueError("give either columns or a constant")
        return self


class SourceTerms(_Strict):
    """The source that the rows are stored under, and how long its terms let us keep them."""

    slug: Slug
    name: str = Field(min_length=1, max_length=120)
    attribution: str = Field("", max_length=400)
    keep_days: int | None = Field(None, ge=1, le=36_500)


class Mapping(_Strict):
    """One saved way to read a file. ``country`` is that of numbers and postcodes without one."""

    slug: Slug
    title: str = Field(min_length=1, max_length=120)
    kind: Kind
    source: SourceTerms
    record_id: FieldRule
    country: str = Field("", pattern=r"^([A-Z]{2})?$")
    decimal: Literal[".", ","] = "."
    categories: str = ""
    fields: dict[str, FieldRule]

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if unknown := sorted(set(self.fields) - _FIELDS[self.kind]):
            raise ValueError(f"no field of {self.kind}: {', '.join(unknown)}")
        if self.categories and self.categories not in VOCABULARIES:
            raise ValueError(f"no list of categories: {self.categories}")
        if self.kind == "accounts":
            self._require("name")
        else:
            self._require("email")
            if not {"account_record", "account_name"} & set(self.fields):
                raise ValueError("fields must hold account_record or account_name")
        return self

    def _require(self, name: str) -> None:
        if name not in self.fields:
            raise ValueError(f"fields must hold {name}")

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the file must have."""
        rules = (self.record_id, *self.fields.values())
        needed = [column for rule in rules if not rule.optional for column in rule.columns]
        return tuple(dict.fromkeys(needed))


def read_mapping(data: object) -> Mapping:
    """Validate a mapping from TOML or a form; raises InvalidMappingError."""
    try:
        return Mapping.model_validate(data)
    except ValidationError as error:
        raise InvalidMappingError(_faults(error)) from None


def shipped_mappings() -> dict[str, Mapping]:
    """The mappings that come with the product, by slug."""
    found = [
        read_mapping(tomllib.loads(path.read_text(encoding="utf-8")))
        for path in sorted(_SHIPPED.glob("*.toml"))
    ]
    return {mapping.slug: mapping for mapping in found}


def missing_columns(mapping: Mapping, columns: Sequence[str]) -> list[str]:
    """The columns that the mapping needs and the file has not; upper and lower case are one."""
    present = {column.casefold() for column in columns}
    return [column for column in mapping.columns if column.casefold() not in present]


def _faults(error: ValidationError) -> str:
    lines = []
    for fault in error.errors(include_url=False):
        place = ".".join(str(part) for part in fault["loc"])
        message = fault["msg"].removeprefix("Value error, ")
        lines.append(f"{place}: {message}" if place else message)
    return "; ".join(lines)
