"""One row of a list to the normalised record that is stored and the keys it is matched by."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from revenue.pipeline.addresses import (
    cell_of,
    city_key,
    display_street,
    read_country,
    read_postcode,
    read_street,
    read_website,
)
from revenue.pipeline.columns import Bound, Note, bind, read_date, read_float, read_int
from revenue.pipeline.mappings import Mapping
from revenue.pipeline.names import NAME_LIMIT, name_key, trading_name
from revenue.pipeline.phones import read_phone
from revenue.pipeline.reading import excerpt
from revenue.pipeline.texts import fold
from revenue.policies.categories import categorise, group_of

RECORD_ID_LIMIT = 120
_LIMITS = {
    "trade": 300, "brand": 200, "unit": 40, "street": 160, "area": 80, "city": 80, "region": 16,
    "opening_hours": 500, "website": 300,
}  # fmt: skip
_PLAIN = ("trade", "brand", "area", "city", "region", "opening_hours")

_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)

Value = str | int | float


@dataclass(frozen=True, slots=True)
class MatchKeys:
    """What two records are compared by; empty or None is not known.

    ``street`` is number and folded street, ``door`` number and postcode, ``cell`` the square of
    ``addresses.cell_of``.
    """

    name: str
    phone: str = ""
    street: str = ""
    door: str = ""
    unit: str = ""
    postcode: str = ""
    city: str = ""
    area: str = ""
    latitude: float | None = None
    longitude: float | None = None
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """A row made ready. ``fields`` holds what is known, by the names of the account's columns;
    ``json`` is their one text, and ``content_hash`` 16 bytes that are equal when it is.
    """

    record_id: str
    fields: dict[str, Value]
    json: str
    keys: MatchKeys
    content_hash: bytes
    notes: tuple[Note, ...]


Normaliser = Callable[[list[str]], AccountRecord | Note]
"""Makes a row's cells into a record, or says why the row is refused."""


def normaliser(mapping: Mapping, columns: Sequence[str]) -> Normaliser:
    """Bind a mapping of accounts to a file; raises UnreadableFileError for missing columns."""
    reader = _Reader(mapping, bind(mapping, columns), columns)
    return reader.read


class _Reader:
    def __init__(self, mapping: Mapping, bound: Bound, columns: Sequence[str]) -> None:
        self.mapping = mapping
        self.record_id = bound.record_id
        self.cells = bound.cells
        self.names = bound.names
        self.columns = [column.casefold() for column in columns]

    def read(self, cells: list[str]) -> AccountRecord | Note:
        record_id = self.record_id(cells)
        if not record_id or len(record_id) > RECORD_ID_LIMIT:
            names = " + ".join(self.mapping.record_id.columns)
            fault = f"is longer than {RECORD_ID_LIMIT} characters" if record_id else "is empty"
            return Note(names, f"the record id {fault}", excerpt(record_id))
        text = {field: cell(cells) for field, cell in self.cells.items()}
        name = text["name"]
        if not name or len(name) > NAME_LIMIT:
            fault = f"is longer than {NAME_LIMIT} characters" if name else "is empty"
            return Note(self.names["name"], f"the name {fault}", excerpt(name))
        notes: list[Note] = []
        fields = self._fields(text, notes)
        self._categorise(fields, cells)
        keys = self._address(fields, text, notes)
        text_of_fields = _JSON.encode(fields)
        digest = hashlib.blake2b(text_of_fields.encode(), digest_size=16).digest()
        return AccountRecord(record_id, fields, text_of_fields, keys, digest, tuple(notes))

    def _note(self, notes: list[Note], field: str, reason: str, text: str) -> None:
        notes.append(Note(self.names.get(field, field), reason, excerpt(text)))

    def _fields(self, text: dict[str, str], notes: list[Note]) -> dict[str, Value]:
        fields: dict[str, Value] = {"name": trading_name(text["name"])}
        if fields["name"] != text["name"]:
            fields["legal_name"] = text["name"]
        for field in _PLAIN:
            if value := text.get(field):
                self._put(fields, field, value, notes)
        country = self._country(text, notes)
        if country:
            fields["country"] = country
        if raw := text.get("phone"):
            phone = read_phone(raw, country)
            if phone.e164:
                fields["phone"] = phone.e164
            if phone.note:
                self._note(notes, "phone", phone.note, raw)
        if raw := text.get("website"):
            website = read_website(raw)
            if website:
                self._put(fields, "website", website, notes)
            else:
                self._note(notes, "website", "is no web address", raw)
        self._numbers(fields, text, notes)
        return fields

    def _put(self, fields: dict[str, Value], field: str, value: str, notes: list[Note]) -> None:
        limit = _LIMITS[field]
        if len(value) > limit:
            if field == "website":  # a cut address leads nowhere
                self._note(notes, field, f"left out: longer than {limit} characters", value)
                return
            self._note(notes, field, f"cut to {limit} characters", value)
            value = value[:limit].rstrip()
        fields[field] = value

    def _country(self, text: dict[str, str], notes: list[Note]) -> str:
        if not (raw := text.get("country")):
            return self.mapping.country
        country = read_country(raw)
        if country is None:
            self._note(notes, "country", "is no country", raw)
        return country or ""

    def _numbers(self, fields: dict[str, Value], text: dict[str, str], notes: list[Note]) -> None:
        decimal = self.mapping.decimal
        for field in ("employees_full_time", "employees_part_time"):
            if raw := text.get(field):
                count = read_int(raw, decimal)
                if count is None:
                    self._note(notes, field, "is no whole number", raw)
                else:
                    fields[field] = count
        if raw := text.get("stated_on"):
            day = read_date(raw)
            if day is None:
                self._note(notes, "stated_on", "is no date (YYYY-MM-DD)", raw)
            else:
                fields["stated_on"] = day.isoformat()
        self._point(fields, text, notes)

    def _point(self, fields: dict[str, Value], text: dict[str, str], notes: list[Note]) -> None:
        raw = text.get("latitude", ""), text.get("longitude", "")
        if raw == ("", ""):
            return
        latitude = read_float(raw[0], self.mapping.decimal)
        longitude = read_float(raw[1], self.mapping.decimal)
        if (
            latitude is None
            or longitude is None
            or not (abs(latitude) <= 90 and abs(longitude) <= 180)
            or (latitude == 0 and longitude == 0)
        ):
            self._note(notes, "latitude", "is no place on earth", ", ".join(raw))
            return
        fields["latitude"], fields["longitude"] = latitude, longitude

    def _categorise(self, fields: dict[str, Value], cells: list[str]) -> None:
        if not self.mapping.categories:
            return
        tags = dict(zip(self.columns, cells, strict=False))
        words = f"{fields['name']} {fields.get('trade', '')}"
        category = categorise(self.mapping.categories, tags, text=words)
        fields["category"], fields["category_group"] = category, group_of(category)

    def _address(
        self, fields: dict[str, Value], text: dict[str, str], notes: list[Note]
    ) -> MatchKeys:
        country = str(fields.get("country", ""))
        street = read_street(
            text.get("street", ""), text.get("street_number", ""), text.get("unit", ""), country
        )
        if street.line:
            self._put(fields, "street", display_street(street.line), notes)
        if street.unit:
            self._put(fields, "unit", street.unit, notes)
        postcode = ""
        if raw := text.get("postcode"):
            postcode, fault = read_postcode(raw, country)
            if fault:
                self._note(notes, "postcode", fault, raw)
            if postcode:
                fields["postcode"] = postcode
        latitude, longitude = fields.get("latitude"), fields.get("longitude")
        placed = isinstance(latitude, float) and isinstance(longitude, float)
        return MatchKeys(
            name=name_key(text["name"]),
            phone=str(fields.get("phone", "")),
            street=street.key[:160],
            door=f"{street.number} {postcode}"[:40] if street.number and postcode else "",
            unit=street.unit,
            postcode=postcode,
            city=city_key(text.get("city", ""))[:80],
            area=fold(text.get("area", "")),
            latitude=latitude if placed else None,  # type: ignore[arg-type]
            longitude=longitude if placed else None,  # type: ignore[arg-type]
            cell=cell_of(latitude, longitude) if placed else None,  # type: ignore[arg-type]
        )
