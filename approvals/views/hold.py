"""The hold: what leaves without a click, and the way to stop it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from approvals import holding
from approvals.deciding import CannotUndo, undo
from approvals.forms import BadPost, read_id
from approvals.models import Send
from approvals.presenting.holds import shown_hold
from approvals.queries import Filters
from approvals.views.common import as_part_or_whole, reader_of, send_url, wants_part


@require_safe
def hold(request: HttpRequest) -> HttpResponse:
    """What the policy let go, soonest first; htmx asks for the list alone."""
    context = shown_hold(after=request.GET.get("after", ""), decides=reader_of(request).decides)
    template = "approvals/hold_list.html" if wants_part(request) else "approvals/hold.html"
    return as_part_or_whole(render(request, template, context))


@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """Stop one of them, or all; what is stopped waits for a decision."""
    by, now = reader_of(request).actor, timezone.now()
    if request.POST.get("send") == "all":
        number = holding.stop_all(by=by, now=now)
        messages.success(request, f"Stopped {number}. They wait for a decision now.")
        return redirect("approvals:hold")
    try:
        send = undo(send_id=read_id(request.POST, "send"), by=by, now=now)
    except Send.DoesNotExist:
        raise Http404 from None
    except (BadPost, CannotUndo) as error:
        messages.error(request, str(error))
    else:
        who = send.to_name or send.to_address
        address = send_url(send.pk, Filters())
        told = 'Stopped: {}. It waits for a decision now. <a href="{}">Decide it</a>'
        messages.success(request, format_html(told, who, address))
    return redirect("approvals:hold")
