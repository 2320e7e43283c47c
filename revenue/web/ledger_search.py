"""Finding events in the ledger: filters, pages by sequence number, what may be chosen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, cast

from django import forms
from django.db import connection
from django.db.models import Case, F, JSONField, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Length
from django.http import QueryDict
from django.utils import timezone

from revenue.models import LedgerEvent

PAGE = 50
LARGEST_SHOWN = 1000
"""Characters of data that a list fetches; more is shown on the event's own page."""
ONE_SUBJECT = re.compile(r"\w+:\d+|house|policy:\w+:\d+", re.ASCII)
COLUMNS = ("seq", "at", "kind", "subject", "actor", "digest")
LARGEST_SEQ = 2**63 - 1
Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """Events as dicts, newest first, with ``data`` None where it is large.

    ``newer`` and ``older`` are the numbers to go on from, or None at that end.
    """

    rows: list[dict[str, Any]]
    newer: int | None
    older: int | None


class SearchForm(forms.Form):
    """What part of the ledger is looked at; empty fields leave all in.

    What is asked for stays chosen though nothing of it occurs, as after a link from elsewhere.
    """

    subject = forms.CharField(
        label="About",
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs={"placeholder": "send:12, or send for all mails"}),
    )
    actor = forms.CharField(label="By", required=False, max_length=64, widget=forms.Select())
    kind = forms.CharField(label="What", required=False, max_length=64, widget=forms.Select())
    since = forms.DateField(
        label="From", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label="To, included", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, query: QueryDict, *, actors: Words, kinds: Words) -> None:
        super().__init__(query)
        for name, offered in (("actor", actors), ("kind", kinds)):
            asked = query.get(name, "")
            choices = {asked: asked, **offered} if asked else dict(offered)
            by_words = sorted(choices.items(), key=lambda pair: pair[1].casefold())
            widget = cast("forms.Select", self.fields[name].widget)
            widget.choices = [("", "Anything" if name == "kind" else "Anybody"), *by_words]

    def clean(self) -> dict[str, Any]:
        """Refuse a range that ends before it begins."""
        given = super().clean() or {}
        since, until = given.get("since"), given.get("until")
        if since and until and since > until:
            raise forms.ValidationError("The range ends before it begins.")
        return given

    def narrow(self) -> QuerySet[LedgerEvent]:
        """The sealed events that are asked for; days are those of the active time zone."""
        given = self.cleaned_data
        events = LedgerEvent.objects.filter(seq__isnull=False)
        if subject := given["subject"].strip():
            exact = ONE_SUBJECT.fullmatch(subject)
            prefix = subject if ":" in subject else f"{subject}:"
            events = (
                events.filter(subject=subject)
                if exact
                else events.filter(subject__startswith=prefix)
            )
        if given["actor"]:
            events = events.filter(actor=given["actor"])
        if given["kind"]:
            events = events.filter(kind=given["kind"])
        if given["since"]:
            events = events.filter(at__gte=_midnight(given["since"]))
        if given["until"]:
            events = events.filter(at__lt=_midnight(given["until"] + timedelta(days=1)))
        return events


def page(
    events: QuerySet[LedgerEvent], *, before: int | None, after: int | None, size: int = PAGE
) -> Page:
    """The newest events, or those next to a number; one statement."""
    small = When(size__lte=LARGEST_SHOWN, then=F("data"))
    rows = events.annotate(size=Length(Cast("data", TextField()))).annotate(
        shown=Case(small, default=Value(None, JSONField()))
    )
    columns = (*COLUMNS, "shown")
    if after is not None:
        found = list(rows.filter(seq__gt=after).order_by("seq").values(*columns)[: size + 1])
        more = len(found) > size
        found = found[:size][::-1]
        return Page(
            found,
            newer=found[0]["seq"] if more else None,
            older=found[-1]["seq"] if found else after + 1,
        )
    if before is not None:
        rows = rows.filter(seq__lt=before)
    found = list(rows.order_by("-seq").values(*columns)[: size + 1])
    more, found = len(found) > size, found[:size]
    return Page(
        found,
        newer=None if before is None else found[0]["seq"] if found else before - 1,
        older=found[-1]["seq"] if more else None,
    )


def kinds() -> list[str]:
    """Every kind that occurs; reads one index entry for each."""
    return _distinct("kind")


def actors() -> list[str]:
    """Every actor that occurs."""
    return _distinct("actor")


def _distinct(column: str) -> list[str]:
    name = connection.ops.quote_name(column)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""with recursive found as (
                    (select {name} as value from revenue_ledgerevent order by {name} limit 1)
                    union all
                    select (select {name} from revenue_ledgerevent
                            where {name} > found.value order by {name} limit 1)
                    from found where found.value is not null
                )
                select value from found where value is not null"""  # noqa: S608 - our own names
        )
        return [value for (value,) in cursor.fetchall()]


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
