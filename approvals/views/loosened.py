"""Which mails that wait a version of the send policy would allow."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from approvals.presenting.loosened import shown_freed
from revenue.models import PolicyKind, PolicyVersion


@require_safe
def allowed_by(request: HttpRequest, number: int) -> HttpResponse:
    """The most pressing of them; each opens where a person decides it."""
    version = get_object_or_404(PolicyVersion, kind=PolicyKind.SEND, number=number)
    return render(request, "approvals/allowed_by.html", shown_freed(version))
