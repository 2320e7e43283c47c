"""Objections to verdicts of the customer profile: raised and withdrawn where a verdict is shown."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from revenue.models import PolicyKind, Verdict, VerdictObjection
from revenue.pipeline.reviewing import (
    ObjectedError,
    ReasonMissingError,
    WithdrawnError,
    object_to_verdict,
    withdraw_objection,
)
from revenue.web.access import acting

_REJECT = ("Should be rejected", "Wrong category", "Closed or moved", "Belongs to a chain")
_ACCEPT = ("Should be accepted", "Wrong category", "Has more places", "Belongs to no chain")
REASONS = {"allow": _REJECT, "hold": (*_ACCEPT, "Should be rejected"), "deny": _ACCEPT}
"""What is most often wrong with a verdict, by its effect."""


@require_POST
def raise_objection(request: HttpRequest, verdict_id: int) -> HttpResponse:
    """Mark a verdict as wrong: by a button that holds the reason, or in one's own words."""
    rows = Verdict.objects.filter(policy__kind=PolicyKind.ICP)
    verdict = get_object_or_404(rows.defer("facts", "trace"), pk=verdict_id)
    reason = request.POST.get("reason") or request.POST.get("words", "")
    try:
        object_to_verdict(
            verdict=verdict,
            reason=reason.replace("\x00", ""),
            by=acting(request),
            now=timezone.now(),
        )
    except (ReasonMissingError, ObjectedError) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Marked as wrong. The next version of the profile hears of it.")
    return redirect(_back(request))


@require_POST
def withdraw(request: HttpRequest, objection_id: int) -> HttpResponse:
    """Take an objection back."""
    objection = get_object_or_404(
        VerdictObjection.objects.select_related("verdict"), pk=objection_id
    )
    try:
        withdraw_objection(objection=objection, by=acting(request), now=timezone.now())
    except WithdrawnError as refusal:
        messages.info(request, str(refusal))
    else:
        messages.success(request, "Taken back: the verdict stands unquestioned.")
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    """The page that the button stood on."""
    page = request.POST.get("back", "")
    here = {request.get_host()}
    known = url_has_allowed_host_and_scheme(page, here, require_https=request.is_secure())
    return page if known else "revenue:icp_review"
