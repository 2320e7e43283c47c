"""How closely people read, and what was planted in one mail."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from approvals.presenting.attention import shown_attention
from approvals.presenting.planted import shown_fault
from approvals.queries import Filters
from approvals.seeding import told_of
from approvals.views.common import reader_of, send_or_404, send_url


@require_safe
def attention(request: HttpRequest) -> HttpResponse:
    """The reader's own catch rate, everybody's, and the faults behind one of them."""
    person = request.GET.get("person", "")
    context = shown_attention(reader=reader_of(request), person=person)
    return render(request, "approvals/attention.html", context)


@require_safe
def planted(request: HttpRequest, send_id: int) -> HttpResponse:
    """What was planted in a mail, once somebody has decided it; before, it is no page."""
    send, defect = send_or_404(send_id), told_of(send_id)
    if defect is None:
        raise Http404
    context = {
        "send": send,
        "send_url": send_url(send_id, Filters.from_query(request.GET)),
        "fault": shown_fault(defect, reader=reader_of(request)),
    }
    return render(request, "approvals/planted.html", context)
