"""Answers to a decision: the next item, the item brought back, or what stood in the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from approvals import opening, queries
from approvals.forms import BadPost
from approvals.models import SeededDefect, Send, SendState
from approvals.presenting.conflicts import conflict_of
from approvals.presenting.lists import shown_row
from approvals.presenting.planted import shown_fault
from approvals.queries import Filters
from approvals.seeding import told_of
from approvals.views.common import (
    item_context,
    item_page,
    part,
    queue_url,
    reader_of,
    send_or_404,
    send_url,
    wants_part,
)

SHOWN_SECONDS = 6
"""How long a toast stays that offers nothing."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, in words, and for how many seconds a toast offers to take it back.

    ``hold``: seconds between approval and sending, where the decision has asked for them.
    """

    told: str
    seconds: int
    hold: int | None = None


def next_item(
    request: HttpRequest, decided: Send, filters: Filters, done: Done, *, place: str
) -> HttpResponse:
    """The item that follows ``place`` in the list, and a way back to the decided one."""
    now = timezone.now()
    following = queries.next_pending(filters, by=reader_of(request).actor, now=now, after=place)
    url = send_url(following, filters) if following else queue_url(filters)
    if not wants_part(request):
        way_back = format_html(
            '{} <a href="{}">Open it again</a>', done.told, send_url(decided.pk, filters)
        )
        messages.success(request, way_back)
        return redirect(url)
    context: dict[str, Any] = {"list_url": queue_url(filters)}
    if following:
        context = item_context(request, opening.detail(following), filters, now=now, hold=done.hold)
    undo_url = reverse("approvals:undo", args=[decided.pk], query=filters.as_query() or None)
    context |= {
        "gone": decided.pk,
        "told": done.told,
        "seconds": done.seconds or SHOWN_SECONDS,
        "undo_url": undo_url if done.seconds > 0 else "",
    }
    response = part(request, "approvals/decided.html", context)
    response["HX-Replace-Url"] = url
    response["HX-Trigger"] = "decided"
    return response


def brought_back(request: HttpRequest, send_id: int, filters: Filters, told: str) -> HttpResponse:
    """A send that waits again, as the item and as a row of the list."""
    url = send_url(send_id, filters)
    if not wants_part(request):
        messages.success(request, told)
        return redirect(url)
    now = timezone.now()
    context = item_context(request, opening.detail(send_id), filters, now=now)
    context |= {
        "told": told,
        "rows": [shown_row(send_id, filters, reader=reader_of(request), now=now)],
        "seconds": SHOWN_SECONDS,
        "chosen": str(send_id),
        "selects": True,
    }
    response = part(request, "approvals/undone.html", context)
    response["HX-Replace-Url"] = url
    response["HX-Trigger"] = "decided"
    return response


def told(request: HttpRequest, send_id: int, filters: Filters, *, typed: str = "") -> HttpResponse:
    """The fault that was planted in what was just decided, above the mail as it was drafted.

    ``typed``: words that did not get into the mail.
    """
    defect, reader = told_of(send_id), reader_of(request)
    if defect is None:
        raise SeededDefect.DoesNotExist(f"Nothing was planted in send {send_id}.")
    fault = shown_fault(defect, reader=reader, typed=typed)
    send, url = send_or_404(send_id), send_url(send_id, filters)
    if not wants_part(request):
        context: dict[str, Any] = {"send": send, "send_url": url, "fault": fault}
        return render(request, "approvals/planted.html", context)
    now = timezone.now()
    context = item_context(request, send, filters, now=now, fault=fault)
    context |= {
        "rows": [shown_row(send_id, filters, reader=reader, now=now)],
        "chosen": str(send_id),
        "selects": True,
    }
    response = part(request, "approvals/told.html", context)
    response["HX-Replace-Url"] = url
    response["HX-Trigger"] = "decided"
    return response


def refused(
    request: HttpRequest, send_id: int, filters: Filters, error: Exception, *, typed: str = ""
) -> HttpResponse:
    """What stood in the way, with everything that was typed."""
    status = 422 if isinstance(error, BadPost) else 409
    send = send_or_404(send_id)
    conflict = conflict_of(error, typed=typed or request.POST.get("reason", ""))
    gone = send.pk if send.state != SendState.PENDING else None
    return item_page(request, send, filters, status=status, conflict=conflict, gone=gone)
