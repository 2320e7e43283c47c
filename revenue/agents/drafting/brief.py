"""The facts that a mail may be written from, each with where it came from."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import date
from enum import StrEnum
from typing import Any, Generic, TypeVar

V = TypeVar("V", str, int, float)


class Kind(StrEnum):
    COLD = "cold"
    REACTIVATION = "reactivation"


@dataclass(frozen=True, slots=True)
class Evidenced(Generic[V]):
    """A value and the stored field that says so.

    ``fact`` is the name of the fact (``account.employees``), ``source`` the source record
    (``langley:LAN-20``), ``field`` its column, ``as_of`` the day on which the source said it.
    """

    value: V
    fact: str
    source: str
    field: str
    as_of: date


@dataclass(frozen=True, slots=True)
class Sender:
    """Who signs, and the label under which the house sells what it does."""

    name: str
    company: str
    label: str = "4C"


@dataclass(frozen=True, slots=True)
class Brief:
    """What is known about a recipient; every fact may be missing.

    ``account_name`` is the name as registered or as people say it, ``category`` a slug of
    ``account.category``, ``trade`` what the business itself says it does, in its own words.
    ``place`` is the quarter or community, ``city`` the city. ``relationship`` holds facts whose
    value is a kind in ``house/history.toml`` and whose ``as_of`` is the day from which it held.
    ``days_since_contact`` counts back from its own ``as_of``. ``seed`` fixes the choice of
    wording: the same brief gives the same mail, another seed (say ``"LAN-20:2"`` for a second
    attempt) gives another.
    """

    kind: Kind
    sender: Sender
    seed: str
    first_name: Evidenced[str] | None = None
    last_name: Evidenced[str] | None = None
    role: Evidenced[str] | None = None
    account_name: Evidenced[str] | None = None
    category: Evidenced[str] | None = None
    trade: Evidenced[str] | None = None
    place: Evidenced[str] | None = None
    city: Evidenced[str] | None = None
    locations: Evidenced[int] | None = None
    employees: Evidenced[int] | None = None
    website: Evidenced[str] | None = None
    rating: Evidenced[float] | None = None
    reviews: Evidenced[int] | None = None
    days_since_contact: Evidenced[int] | None = None
    relationship: tuple[Evidenced[str], ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values; ``from_json`` gives the same brief back."""
        return {spec.name: _plain(getattr(self, spec.name)) for spec in fields(self)}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Brief:
        """Raises ``KeyError``, ``TypeError`` or ``ValueError`` for what ``as_json`` never wrote."""
        known = dict(stored)
        bare = cls(
            kind=Kind(known.pop("kind")),
            sender=Sender(**known.pop("sender")),
            seed=known.pop("seed"),
            relationship=tuple(_evidence(item) for item in known.pop("relationship")),
        )
        facts: dict[str, Any] = {
            name: None if item is None else _evidence(item) for name, item in known.items()
        }
        return replace(bare, **facts)


def _plain(value: object) -> Any:
    if isinstance(value, Evidenced):
        return {
            "value": value.value,
            "fact": value.fact,
            "source": value.source,
            "field": value.field,
            "as_of": value.as_of.isoformat(),
        }
    if isinstance(value, Sender):
        return {"name": value.name, "company": value.company, "label": value.label}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _evidence(stored: dict[str, Any]) -> Evidenced[Any]:
    return Evidenced(**{**stored, "as_of": date.fromisoformat(stored["as_of"])})
