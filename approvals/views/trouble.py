"""What delivery could not finish by itself, and the word of a person about it."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from approvals.delivery.settling import NotUncertain, resolve_uncertain
from approvals.forms import BadPost, read_reason
from approvals.models import Send
from approvals.presenting.troubles import shown_troubles
from approvals.views.common import reader_of
from revenue.connectors.local_mailbox import find_by_message_id

ANSWERS = {"arrived": True, "lost": False}
TOLD = {
    True: "Noted: it arrived. It counts as sent.",
    False: "Noted: it did not arrive. It is tried again, with the same Message-ID.",
}


@require_safe
def trouble(request: HttpRequest) -> HttpResponse:
    """Uncertain, failed, revoked and overtaken sends, each with its reason."""
    context = shown_troubles(decides=reader_of(request).decides, demo=settings.DEMO)
    return render(request, "approvals/trouble.html", context)


@require_POST
def resolve(request: HttpRequest, send_id: int) -> HttpResponse:
    """Take a person's word on what became of an uncertain send."""
    try:
        answer = read_answer(request)
        settle(request, send_id, arrived=answer, note=read_reason(request.POST, "note"))
    except (BadPost, NotUncertain) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, TOLD[answer])
    return redirect("approvals:trouble")


def read_answer(request: HttpRequest) -> bool:
    """Whether it arrived; raises BadPost."""
    answer = ANSWERS.get(request.POST.get("answer", ""))
    if answer is None:
        raise BadPost("Say whether it arrived.")
    return answer


@require_POST
def look_up(request: HttpRequest, send_id: int) -> HttpResponse:
    """Look for the Message-ID in the demo's mailbox, and settle the send if it is there."""
    if not settings.DEMO:
        raise Http404
    send = Send.objects.only("message_id").filter(pk=send_id).first()
    if send is None:
        raise Http404
    found = find_by_message_id(settings.MAILBOX_DIR, send.message_id or "")
    if not found:
        messages.warning(
            request, "The mailbox does not hold it. If you are sure, say that it did not arrive."
        )
        return redirect("approvals:trouble")
    try:
        settle(request, send_id, arrived=True, note="Found in the mailbox by its Message-ID.")
    except NotUncertain as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "The mailbox holds it: it arrived. It counts as sent.")
    return redirect("approvals:trouble")


def settle(request: HttpRequest, send_id: int, *, arrived: bool, note: str) -> None:
    """Raises NotUncertain, or Http404 for a send that is not there."""
    by = reader_of(request).actor
    try:
        resolve_uncertain(send_id=send_id, delivered=arrived, note=note, by=by, now=timezone.now())
    except Send.DoesNotExist:
        raise Http404 from None
