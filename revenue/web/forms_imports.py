"""Forms about lists on their way in: the upload, and a mapping made from a file's own columns."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.text import slugify

from revenue.models import ColumnMapping, Source
from revenue.pipeline.mappings import ACCOUNT_FIELDS, CONTACT_FIELDS, InvalidMappingError
from revenue.pipeline.texts import fold
from revenue.policies.categories import VOCABULARIES

LARGEST_FILE = 512 * 1024 * 1024
FIND_OUT = ""
KINDS = (("accounts", "Businesses"), ("contacts", "People at businesses"))
FIELD_WORDS = {
    "name": "Name", "trade": "What they do", "brand": "Brand", "phone": "Telephone",
    "website": "Website", "unit": "Unit", "street_number": "House number", "street": "Street",
    "area": "Community or quarter", "city": "City", "region": "Province or state",
    "postcode": "Postcode", "country": "Country", "latitude": "Latitude", "longitude": "Longitude",
    "employees_full_time": "Full-time staff", "employees_part_time": "Part-time staff",
    "opening_hours": "Opening hours", "stated_on": "Stated on", "email": "E-mail address",
    "role": "Role", "time_zone": "Time zone", "consent": "Consent", "legal_form": "Legal form",
    "published_url": "Page with the address", "published_on": "Seen there on",
    "published_excerpt": "What the page says", "no_solicitation": "Asks not to be written to",
    "account_source": "Source of the business", "account_record": "Record id of the business",
    "account_name": "Name of the business", "account_place": "Place of the business",
}  # fmt: skip
_ALSO = {
    "name": ("business name", "company", "company name", "full name", "trade name"),
    "trade": ("description", "licence description", "license description", "industry"),
    "phone": ("telephone", "phone number", "tel"), "website": ("url", "web", "homepage"),
    "street": ("address", "street address", "address 1"), "street_number": ("housenumber",),
    "area": ("community", "neighbourhood", "neighborhood", "quarter"), "city": ("town",),
    "region": ("province", "state"), "postcode": ("postal code", "zip", "zip code"),
    "latitude": ("lat",), "longitude": ("lon", "lng", "long"), "email": ("e mail", "mail"),
    "role": ("title", "job title", "position"), "account_name": ("business", "company"),
    "account_record": ("account record id", "record id", "account id"),
    "account_place": ("city", "place"), "published_on": ("published at",),
    "employees_full_time": ("full time employees",),
    "employees_part_time": ("part time employees",),
    "record_id": ("id", "record id", "record", "licence number", "number"),
}  # fmt: skip
_NEEDED = {"accounts": ("name",), "contacts": ("email",)}


class ListFileField(forms.FileField):
    """A file with a size that can be read in one go."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Refuse what is too large before anything is stored."""
        file = super().clean(data, initial)
        if file and file.size > LARGEST_FILE:
            limit = LARGEST_FILE // 1024 // 1024
            raise forms.ValidationError(
                f"The file is larger than {limit} MB. Split it and load the parts one by one."
            )
        return file


class UploadForm(forms.Form):
    """A list to load, and whether to look first."""

    file = ListFileField(
        label="List",
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
        error_messages={
            "required": "Choose a file first.",
            "empty": "The file is empty.",
        },
    )
    mapping = forms.ChoiceField(label="How to read it", required=False)
    at_once = forms.ChoiceField(
        label="What happens",
        choices=(("", "Look first: show what would happen"), ("yes", "Import at once")),
        widget=forms.RadioSelect,
        required=False,
    )

    def __init__(self, *given: Any, mappings: Iterable[ColumnMapping], **more: Any) -> None:
        super().__init__(*given, **more)
        named = [(row.pk, row.title) for row in mappings]
        field = self.fields["mapping"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = [(FIND_OUT, "Find out from its columns"), *named]


class ColumnsForm(forms.Form):
    """A file whose header shows what can be mapped; only its beginning is read."""

    file = ListFileField(
        label="File",
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
        error_messages={"required": "Choose a file first.", "empty": "The file is empty."},
    )
    kind = forms.ChoiceField(label="What its rows are", choices=KINDS, initial="accounts")


class MappingForm(forms.Form):
    """Which column becomes which of our fields. ``columns`` are those of the file."""

    title = forms.CharField(max_length=120, help_text="What you will choose it by.")
    source_name = forms.CharField(
        label="Where the rows come from",
        max_length=120,
        help_text="Rows of one source that have one id are one record, whichever file they are in.",
    )
    attribution = forms.CharField(
        label="Licence line to show", max_length=400, required=False, widget=forms.Textarea
    )
    keep_days = forms.IntegerField(
        label="Days the terms let us keep a row",
        min_value=1,
        max_value=36_500,
        required=False,
        help_text="Empty means no limit.",
    )
    country = forms.RegexField(
        r"^([A-Za-z]{2})?$",
        label="Country where a row names none",
        required=False,
        help_text="Two letters, such as CA.",
        error_messages={"invalid": "A country has two letters, such as CA."},
    )
    decimal = forms.ChoiceField(
        label="Decimals", choices=((".", "12.5"), (",", "12,5")), initial="."
    )
    categories = forms.ChoiceField(
        label="Words for categories",
        choices=[("", "None"), *((name, name.capitalize()) for name in VOCABULARIES)],
        required=False,
    )

    def __init__(
        self, *given: Any, kind: str, columns: Sequence[str], examples: dict[str, str], **more: Any
    ) -> None:
        super().__init__(*given, **more)
        self.kind, self.columns = kind, [name for name in columns if name]
        if kind == "contacts":
            del self.fields["decimal"], self.fields["categories"]
        guesses = _guess(("record_id", *_fields_of(kind)), self.columns)
        self.fields["record_id"] = self._select(
            "Id of a row", guesses.get("record_id"), needed=True
        )
        for name in _fields_of(kind):
            needed = name in _NEEDED[kind]
            guess = guesses.get(name)
            self.fields[f"field_{name}"] = self._select(FIELD_WORDS[name], guess, needed=needed)
        self.examples = examples

    def _select(self, label: str, guess: str | None, *, needed: bool) -> forms.ChoiceField:
        empty = [("", "Choose a column")] if needed else [("", "Not in the file")]
        choices = [*empty, *((name, name) for name in self.columns)]
        return forms.ChoiceField(label=label, choices=choices, initial=guess, required=needed)

    @property
    def about(self) -> list[Any]:
        """The bound fields about the list as a whole."""
        return [self[name] for name in self.fields if not _is_column(name)]

    @property
    def mapped(self) -> list[Any]:
        """The bound fields that choose a column."""
        return [self[name] for name in self.fields if _is_column(name)]

    def spec(self) -> dict[str, Any]:
        """The mapping as ``pipeline.mappings.read_mapping`` takes it."""
        given = self.cleaned_data
        known = Source.objects.filter(name__iexact=given["source_name"]).first()
        source: dict[str, Any] = {
            "slug": known.pk if known else slugify(given["source_name"])[:40].strip("-"),
            "name": known.name if known else given["source_name"],
        }
        for name in ("attribution", "keep_days"):
            if given[name]:
                source[name] = given[name]
        spec: dict[str, Any] = {
            "slug": slugify(given["title"])[:40].strip("-"),
            "title": given["title"],
            "kind": self.kind,
            "source": source,
            "record_id": {"columns": [given["record_id"]]},
            "fields": {
                name: {"columns": [column], **({} if needed else {"optional": True})}
                for name in _fields_of(self.kind)
                for needed in [name in _NEEDED[self.kind]]
                if (column := given[f"field_{name}"])
            },
        }
        for name in ("country", "decimal", "categories"):
            if value := given.get(name):
                spec[name] = value.upper() if name == "country" else value
        return spec

    def refuse(self, error: InvalidMappingError) -> None:
        """Put each fault beside the field of its place; the rest above the form."""
        places = {"slug": "title", "source.slug": "source_name", "record_id": "record_id"}
        for fault in str(error).split("; "):
            place, _, reason = fault.partition(": ")
            field = places.get(place, place.replace("fields.", "field_"))
            if reason and field in self.fields:
                self.add_error(field, _sentence(reason))
            else:
                self.add_error(None, _sentence(fault))


class SpecForm(forms.Form):
    """A mapping as text, for what selects can't say: joined columns, transforms, constants."""

    spec = forms.CharField(
        label="Mapping as JSON",
        max_length=50_000,
        widget=forms.Textarea(attrs={"class": "mono", "spellcheck": "false", "rows": 18}),
    )

    def clean_spec(self) -> dict[str, Any]:
        """Read the text as JSON with one object."""
        try:
            spec = json.loads(self.cleaned_data["spec"])
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(f"This is no JSON: {error}.") from None
        if not isinstance(spec, dict):
            raise forms.ValidationError("This is no JSON object: it has to begin with {.")
        if "\\u0000" in json.dumps(spec):
            raise forms.ValidationError("A mapping can't hold a NUL character.")
        return spec

    def refuse(self, error: InvalidMappingError) -> None:
        """List the faults, each with its path."""
        for fault in str(error).split("; "):
            self.add_error("spec", _sentence(fault))


def _fields_of(kind: str) -> tuple[str, ...]:
    return ACCOUNT_FIELDS if kind == "accounts" else CONTACT_FIELDS


def _is_column(name: str) -> bool:
    return name == "record_id" or name.startswith("field_")


def _guess(fields: Iterable[str], columns: Sequence[str]) -> dict[str, str]:
    """The column that is named like each field."""
    by_words = {re.sub(r"[\W_]+", " ", fold(name)).strip(): name for name in reversed(columns)}
    guesses = {}
    for field in fields:
        for words in (field.replace("_", " "), *_ALSO.get(field, ())):
            if words in by_words:
                guesses[field] = by_words[words]
                break
    return guesses


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].removesuffix('.')}."
