"""Many decisions at once: the order, and what became of each item."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from http import HTTPStatus

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from kombu.exceptions import OperationalError

from approvals import bulk as bulks
from approvals import tasks
from approvals.forms import BadPost, read_ids, read_ruling
from approvals.models import Bulk, Choice, Send, SendState
from approvals.presenting.bulks import shown_bulk
from approvals.queries import Filters
from approvals.views.common import part, queue_url, reader_of, wants_part

PAGE = 100
AT_ONCE = 50
"""Sets up to this size are carried out in the request; the worker carries out larger ones."""


@require_POST
def order(request: HttpRequest) -> HttpResponse:
    """Decide the ticked ones, or all that match but those that were shown and not ticked."""
    filters = replace(Filters.from_query(request.GET), state=SendState.PENDING)
    now, ticked = timezone.now(), read_ids(request.POST, "ids")
    sends = Send.objects.filter(filters.narrow())
    everything = request.POST.get("scope") == "all"
    try:
        bulk = bulks.order_bulk(
            sends=sends if everything else sends.filter(pk__in=ticked),
            excluded=read_ids(request.POST, "shown") - ticked if everything else (),
            ruling=read_ruling(request.POST, choice_of(request)),
            filters={**filters.as_query(), "scope": "all" if everything else "ticked"},
            by=reader_of(request).actor,
            now=now,
        )
    except (BadPost, bulks.NothingChosen, bulks.NotWhileMissing, bulks.TooMany) as error:
        context = {"problem": str(error), "back_url": queue_url(filters)}
        return render(
            request, "approvals/bulk_refused.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY
        )
    if bulk.items.count() <= AT_ONCE:
        bulks.carry_out(bulk=bulk, now=now, limit=AT_ONCE)
    else:
        transaction.on_commit(partial(hurry, bulk))
    return redirect("approvals:bulk_result", bulk.pk)


def choice_of(request: HttpRequest) -> Choice:
    """A button with a reason rejects; raises BadPost."""
    if request.POST.get("reason_code"):
        return Choice.REJECT
    if request.POST.get("choice") == Choice.APPROVE:
        return Choice.APPROVE
    raise BadPost("Choose to approve or to reject them.")


def hurry(bulk: Bulk) -> None:
    """Tell a worker; if the broker is down, the next sweep finds the order."""
    with suppress(OperationalError):
        tasks.carry_out_bulks.delay()


@require_safe
def result(request: HttpRequest, bulk_id: int) -> HttpResponse:
    """What happened to each item; htmx asks for the progress alone."""
    bulk = get_object_or_404(Bulk, pk=bulk_id)
    after = request.GET.get("after", "")
    reader = reader_of(request)
    context = shown_bulk(
        bulk,
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0,
        size=PAGE,
        decides=reader.decides,
        now=timezone.now(),
    )
    if wants_part(request):
        return part(request, "approvals/bulk_items.html", context)
    return render(request, "approvals/bulk.html", context)


@require_POST
def undo(request: HttpRequest, bulk_id: int) -> HttpResponse:
    """Stop the order, and take back what can still be taken back."""
    bulk = get_object_or_404(Bulk, pk=bulk_id)
    done, late = bulks.undo_bulk(bulk=bulk, by=reader_of(request).actor, now=timezone.now())
    told = f"{done} taken back." if not late else f"{done} taken back; for {late} it was too late."
    messages.success(request, told)
    return redirect(reverse("approvals:bulk_result", args=[bulk_id]))
