"""A person's word that a mail which was sent did harm."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from approvals.forms import BadPost, read_reason
from approvals.models import Send, SendState, SevereKind
from approvals.queries import Filters
from approvals.severe import NotSent, report_severe
from approvals.views.common import reader_of, send_url

TOLD = "Noted. Mails of this kind wait for a person from now on, whatever was granted."


@require_POST
def report(request: HttpRequest, send_id: int) -> HttpResponse:
    """Keep the report, and take the authority that such mails left by."""
    try:
        report_severe(
            send_id=send_id,
            kind=read_kind(request),
            note=read_reason(request.POST, "note"),
            by=reader_of(request).actor,
            now=timezone.now(),
        )
    except Send.DoesNotExist:
        raise Http404 from None
    except (BadPost, NotSent) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, TOLD)
    return redirect(send_url(send_id, Filters(state=SendState.SENT)))


def read_kind(request: HttpRequest) -> SevereKind:
    """What happened; raises BadPost."""
    kind = request.POST.get("kind", "")
    if kind not in SevereKind.values:
        raise BadPost("Say what happened: choose one of the three.")
    return SevereKind(kind)
