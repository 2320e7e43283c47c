"""One row of a contact list, or one form, to the values of a contact."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from revenue.conversation.clock import known_zones, zones_for
from revenue.models import Consent, LegalForm
from revenue.pipeline.addresses import read_country, read_website
from revenue.pipeline.columns import Note, bind, read_date
from revenue.pipeline.mappings import Mapping as ColumnMapping
from revenue.pipeline.names import name_key
from revenue.pipeline.reading import excerpt
from revenue.pipeline.texts import fold

_LIMITS = {"name": 120, "role": 120, "region": 16, "published_excerpt": 500}
_YES = frozenset({"yes", "y", "true", "1", "ja", "x"})
_NO = frozenset({"no", "n", "false", "0", "nein"})
_valid_email = EmailValidator()


@dataclass(frozen=True, slots=True)
class AccountReference:
    """How a row names its account: a source's record, or a name (as its key) with a place."""

    source: str = ""
    record_id: str = ""
    name: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class ContactRecord:
    """``values`` holds the columns of ``Contact`` that the row states."""

    record_id: str
    account: AccountReference
    values: dict[str, Any]
    notes: tuple[Note, ...]

    @property
    def email(self) -> str:
        return str(self.values["email"])


ContactNormaliser = Callable[[list[str]], ContactRecord | Note]


def contact_normaliser(mapping: ColumnMapping, columns: Sequence[str]) -> ContactNormaliser:
    """Bind a mapping of contacts to a file; raises UnreadableFileError for missing columns."""
    bound = bind(mapping, columns)

    def read(cells: list[str]) -> ContactRecord | Note:
        text = {field: cell(cells) for field, cell in bound.cells.items()}
        reference = AccountReference(
            source=text.get("account_source", ""),
            record_id=text.get("account_record", ""),
            name=name_key(text.get("account_name", "")),
            place=fold(text.get("account_place", "")),
        )
        record_id = bound.record_id(cells)[:120]
        values, notes = read_contact(text)
        notes = [Note(bound.names.get(n.column, n.column), n.reason, n.excerpt) for n in notes]
        if "email" not in values:
            return notes[0]
        if not reference.record_id and not reference.name:
            return Note("", "the row names no account", "")
        return ContactRecord(record_id, reference, values, tuple(notes))

    return read


def read_contact(text: Mapping[str, str]) -> tuple[dict[str, Any], list[Note]]:
    """The values of a contact by column, and what could not be taken.

    ``email`` is missing from the values exactly when it is no address; it is then noted first.
    Only what the text states is in the values, so that an import does not empty the rest.
    """
    values: dict[str, Any] = {}
    notes: list[Note] = []
    _take_email(text.get("email", ""), values, notes)
    for field, limit in _LIMITS.items():
        if value := text.get(field):
            if len(value) > limit:
                notes.append(Note(field, f"cut to {limit} characters", excerpt(value)))
            values[field] = value[:limit].rstrip()
    _take_place(text, values, notes)
    _take_choice(text, "consent", Consent.values, values, notes)
    _take_choice(text, "legal_form", LegalForm.values, values, notes)
    if answer := text.get("no_solicitation", "").lower():
        if answer in _YES | _NO:
            values["no_solicitation"] = answer in _YES
        else:
            notes.append(Note("no_solicitation", "is neither yes nor no", excerpt(answer)))
    _take_publication(text, values, notes)
    return values, notes


def _take_email(text: str, values: dict[str, Any], notes: list[Note]) -> None:
    local, _, domain = text.rpartition("@")
    email = f"{local}@{domain.lower()}"
    try:
        _valid_email(email)
    except ValidationError:
        notes.append(Note("email", "is no e-mail address" if text else "is empty", excerpt(text)))
        return
    values["email"] = email


def _take_place(text: Mapping[str, str], values: dict[str, Any], notes: list[Note]) -> None:
    if raw := text.get("country"):
        country = read_country(raw)
        if country is None:
            notes.append(Note("country", "is no country", excerpt(raw)))
        else:
            values["country"] = country
    if zone := text.get("time_zone"):
        if zone in known_zones():
            values["time_zone"] = zone
        else:
            notes.append(Note("time_zone", "is no time zone such as Europe/Berlin", excerpt(zone)))


def _take_choice(
    text: Mapping[str, str],
    field: str,
    choices: Sequence[str],
    values: dict[str, Any],
    notes: list[Note],
) -> None:
    if raw := text.get(field):
        choice = raw.lower().replace(" ", "_").replace("-", "_")
        if choice in choices:
            values[field] = choice
        else:
            notes.append(Note(field, f"is none of: {', '.join(choices)}", excerpt(raw)))


def _take_publication(text: Mapping[str, str], values: dict[str, Any], notes: list[Note]) -> None:
    """A page is evidence only with the day on which the address was seen there."""
    day: date | None = None
    if raw := text.get("published_on"):
        day = read_date(raw)
        if day is None:
            notes.append(Note("published_on", "is no date (YYYY-MM-DD)", excerpt(raw)))
    if url := text.get("published_url"):
        page = read_website(url)
        if page is None or len(page) > 500:
            notes.append(Note("published_url", "is no web address", excerpt(url)))
        elif day is None:
            notes.append(Note("published_url", "left out: it needs a date", excerpt(url)))
        else:
            values["published_url"], values["published_on"] = page, day
    claimed = values.get("consent") == Consent.IMPLIED_PUBLISHED
    if claimed and "published_url" not in values:
        values["consent"] = Consent.NONE.value
        notes.append(Note("consent", "left out: no page and date show the publication", ""))


@cache
def zone_of(country: str, region: str, year: int) -> str:
    """The time zone of a place where all of it keeps one clock that year; else empty."""
    zones = zones_for(time_zone="", country=country, region=region)
    clocks = {
        tuple(
            datetime(year, month, 15, tzinfo=ZoneInfo(zone)).utcoffset() for month in range(1, 13)
        )
        for zone in zones
    }
    return zones[0] if len(clocks) == 1 else ""
