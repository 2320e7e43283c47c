"""The ledger for readers: what happened, who did it, and what exactly was recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from revenue.models import LedgerEvent, LedgerHead, User
from revenue.web import ledger_search
from revenue.web.access import reader
from revenue.web.context import Name, names_of_actors
from revenue.web.ledger_search import LARGEST_SEQ, Page, SearchForm
from revenue.web.ledger_words import data_lines, kind_words, subject_of


@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    """Events, newest first, by subject, actor, kind and time."""
    names = names_of_actors()
    form = SearchForm(
        request.GET,
        actors={actor: _name(actor, names) for actor in ledger_search.actors()},
        kinds={kind: kind_words(kind).capitalize() for kind in ledger_search.kinds()},
    )
    found = Page([], None, None)
    if form.is_valid():
        found = ledger_search.page(
            form.narrow(), before=_number(request, "before"), after=_number(request, "after")
        )
    user = reader(request)
    context = {
        "form": form,
        "events": [_shown(row, user) for row in found.rows],
        "newer": found.newer,
        "older": found.older,
        "searched": any(request.GET.get(name) for name in form.fields),
        "head": LedgerHead.objects.first(),
        "actor_names": names,
    }
    return render(request, "revenue/ledger.html", context)


@require_safe
def event(request: HttpRequest, seq: int) -> HttpResponse:
    """One event with all of its data and its place in the chain."""
    rows = {
        row["seq"]: row
        for row in LedgerEvent.objects.filter(seq__in=[seq - 1, seq]).values(
            *ledger_search.COLUMNS, "data"
        )
    }
    if seq not in rows:
        raise Http404
    previous = rows.get(seq - 1)
    context = {
        "event": _shown({**rows[seq], "shown": rows[seq]["data"]}, reader(request)),
        "digest": bytes(rows[seq]["digest"]).hex(),
        "previous_digest": bytes(previous["digest"]).hex() if previous else "",
    }
    return render(request, "revenue/ledger_event.html", context)


def _shown(row: dict[str, Any], user: User) -> dict[str, Any]:
    return {
        **row,
        "words": kind_words(row["kind"]),
        "about": subject_of(row["subject"], reader=user),
        "lines": data_lines(row["shown"]) if row["shown"] is not None else None,
        "digest": bytes(row["digest"]).hex()[:12],
    }


def _name(actor: str, names: Mapping[str, Name]) -> str:
    """A name for the select; parts of the system have none but their key."""
    known = names.get(actor)
    if known is None:
        return actor.partition(":")[2].replace("_", " ").capitalize()
    return known if isinstance(known, str) else known[0]


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return min(int(text), LARGEST_SEQ) if text.isdecimal() and len(text) < 20 else None
