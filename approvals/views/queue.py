"""The queue and one send in it: what needs a decision, and why now."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from approvals.models import Send
from approvals.presenting.history import Past
from approvals.presenting.lists import shown_list, shown_more, shown_tabs_only
from approvals.presenting.verdict import resting_rules
from approvals.queries import Filters
from approvals.views.common import (
    as_part_or_whole,
    item_page,
    part,
    reader_of,
    send_or_404,
    send_url,
    wants_part,
)


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """The list; htmx asks for its tabs alone or for further rows."""
    filters = Filters.from_query(request.GET)
    reader, now = reader_of(request), timezone.now()
    after = request.GET.get("after", "")
    if wants_part(request) and after:
        context = shown_more(filters, reader=reader, now=now, after=after)
        return part(request, "approvals/rows.html", context)
    if wants_part(request):
        return part(request, "approvals/tabs.html", shown_tabs_only(filters))
    context = shown_list(filters, reader=reader, now=now, after=after)
    context["select_all"] = context["selects"] and request.GET.get("select") == "all"
    context["first_url"] = next((row["url"] for row in context["rows"]), "")
    return as_part_or_whole(render(request, "approvals/queue.html", context))


@require_safe
def send(request: HttpRequest, send_id: int) -> HttpResponse:
    """One send beside the list."""
    return item_page(request, send_or_404(send_id), Filters.from_query(request.GET))


@require_safe
def rules(request: HttpRequest, send_id: int) -> HttpResponse:
    """The rules that did not speak of this send, each with what it saw."""
    found = send_or_404(send_id)
    context = {"rules": resting_rules(found.verdict) if found.verdict else []}
    return beside(request, found, "rules", context)


@require_safe
def history(request: HttpRequest, send_id: int) -> HttpResponse:
    """Everything that happened to this send."""
    found = send_or_404(send_id)
    past = Past.of(found, zone=reader_of(request).zone)
    return beside(request, found, "history", {"history": past.story()})


def beside(request: HttpRequest, found: Send, name: str, context: dict[str, Any]) -> HttpResponse:
    """What a send's side shows on demand; without a script, a page of its own."""
    if wants_part(request):
        return part(request, f"approvals/{name}.html", context)
    context |= {"send": found, "back_url": send_url(found.pk, Filters.from_query(request.GET))}
    return part(request, f"approvals/{name}_page.html", context)
