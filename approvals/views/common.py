"""What all approvals pages share: who reads, what part is asked for, the list and the item."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers, patch_vary_headers

from approvals import opening
from approvals.models import Send
from approvals.presenting.item import Reader, shown_item
from approvals.presenting.lists import shown_list
from approvals.presenting.panels import preset_buttons, reason_buttons
from approvals.queries import Filters
from revenue.web.access import acting, reader


def reader_of(request: HttpRequest) -> Reader:
    """The person who looks, in their own time zone."""
    return Reader(
        actor=acting(request),
        zone=timezone.get_current_timezone(),
        decides=reader(request).may_post("approvals:decide"),
    )


def wants_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page; going back in the history asks for all of it."""
    return request.headers.get("HX-Request-Type") == "partial"


def send_or_404(send_id: int) -> Send:
    try:
        return opening.detail(send_id)
    except Send.DoesNotExist:
        raise Http404 from None


def item_context(
    request: HttpRequest,
    send: Send,
    filters: Filters,
    *,
    now: datetime,
    hold: int | None = None,
    **more: Any,
) -> dict[str, Any]:
    """The context of ``approvals/item.html``; ``more`` overrides and adds."""
    reader = reader_of(request)
    item = shown_item(send, filters, reader=reader, now=now, hold=hold)
    if item["decides"]:
        item["reason_buttons"] = reason_buttons("Reject")
        item["preset_buttons"] = preset_buttons(now=now, zone=reader.zone)
    return item | more


def item_page(
    request: HttpRequest,
    send: Send,
    filters: Filters,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """The item alone for htmx, or the whole page with the list beside it."""
    now = timezone.now()
    context = item_context(request, send, filters, now=now, **more)
    if wants_part(request):
        return part(request, "approvals/item.html", context, status=status)
    context |= shown_list(filters, reader=reader_of(request), now=now, after="", chosen=send.pk)
    response = render(request, "approvals/queue.html", context | {"open": True}, status=status)
    return as_part_or_whole(response)


def part(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    return as_part_or_whole(render(request, template, context, status=status))


def as_part_or_whole(response: HttpResponse) -> HttpResponse:
    """One address gives a page or a part of it, so no cache may mistake one for the other."""
    add_never_cache_headers(response)
    patch_vary_headers(response, ["HX-Request-Type"])
    return response


def queue_url(filters: Filters) -> str:
    return reverse("approvals:queue", query=filters.as_query() or None)


def send_url(send_id: int, filters: Filters) -> str:
    return reverse("approvals:send", args=[send_id], query=filters.as_query() or None)
