"""The audited mails behind the figures of a certificate."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from approvals import audits
from approvals.audits import Behind
from approvals.certificates import Subject
from approvals.forms import BadPost, read_id
from approvals.models import Finding
from approvals.presenting.audits import shown_audits
from revenue.models import Action, Seat, Segment
from revenue.web.access import reader


@require_safe
def audited(request: HttpRequest, seat: str, action: str, segment: str) -> HttpResponse:
    """What counts now, or with ``change`` or ``grant`` what counted when that was asked for."""
    row = get_object_or_404(Seat.objects.select_related("person"), pk=seat)
    names = {
        "seat": row,
        "action": get_object_or_404(Action, pk=action),
        "segment": get_object_or_404(Segment, pk=segment),
    }
    now, finding = timezone.now(), request.GET.get("finding", "")
    query = {name: request.GET[name] for name in ("change", "grant") if name in request.GET}
    context = shown_audits(
        behind_of(request, Subject(seat, action, segment)),
        finding=finding if finding in Finding.values else "",
        after=request.GET.get("after", ""),
        opens=reader(request).may_see("approvals:send"),
        query=query,
        now=now,
    )
    return render(request, "approvals/audits.html", context | names)


def behind_of(request: HttpRequest, subject: Subject) -> Behind:
    """Whose figures are opened; Http404 where none were kept."""
    kept: dict[str, Any] = {"change": audits.behind_change, "grant": audits.behind_grant}
    for name, find in kept.items():
        if name in request.GET:
            try:
                found: Behind = find(read_id(request.GET, name), subject)
            except (BadPost, audits.NothingKept):
                raise Http404 from None
            return found
    return audits.behind_now(subject, now=timezone.now())
