"""A policy version in shadow: judged beside the active one, acting on nothing."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from revenue.models import PolicyState, PolicyVersion
from revenue.policies.shadowing import (
    LATEST,
    Agreement,
    Side,
    agreements_of,
    beside,
    start_shadow,
    stop_shadow,
)
from revenue.policies.versions import WrongState
from revenue.web.access import acting, reader
from revenue.web.policy_evidence import cursor_of, shown_rows, titles_of

SIDES: dict[Side, tuple[str, str]] = {
    Side.AGREED: ("Same as the active version", "it came to the same effect"),
    Side.DIFFERED: ("Other than the active version", "it came to another effect"),
    Side.PERSON_AGREED: ("As a person decided", "allowed and approved, or denied and turned down"),
    Side.PERSON_DIFFERED: ("Other than a person decided", "a person decided the opposite"),
}
MAY_START = (PolicyState.VALIDATED, PolicyState.BACKTESTED)


@require_http_methods(["GET", "HEAD", "POST"])
def shadow(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """How often it agrees with the active version and with people; a POST starts or stops it."""
    version = get_object_or_404(PolicyVersion, kind=kind, number=number)
    if request.method == "POST":
        act = stop_shadow if request.POST.get("act") == "stop" else start_shadow
        try:
            act(version=version, by=acting(request), now=timezone.now())
        except WrongState as error:
            messages.error(request, str(error))
        return redirect("revenue:policy_shadow", kind, number)
    found = agreements_of(version)
    titles = titles_of(version.pk)[0]
    context = {
        "version": version,
        "running": version.state == PolicyState.SHADOW,
        "may_start": version.state in MAY_START,
        "may_act": reader(request).may_post("revenue:policy_shadow"),
        "since": version.steps.filter(state=PolicyState.SHADOW).order_by("-id").first(),
        "total": _shown(version, found.total, "All of it", whole=True),
        "rules": [
            _shown(version, rule, titles.get(rule.rule, rule.rule) or "No rule spoke")
            for rule in found.rules
        ],
        "limit": LATEST if found.total.asked >= LATEST else 0,
    }
    return render(request, "revenue/policy_shadow.html", context)


@require_safe
def shadow_rows(request: HttpRequest, kind: str, number: int, side: str) -> HttpResponse:
    """The verdicts behind one number of the page."""
    version = get_object_or_404(PolicyVersion, kind=kind, number=number)
    if side not in set(Side):
        raise Http404
    rule = request.GET.get("rule")
    rows, older = beside(version, Side(side), rule=rule, before=cursor_of(request))
    titles = titles_of(version.pk, _active_id(kind) or version.pk)
    context = {
        "version": version,
        "title": SIDES[Side(side)][0],
        "note": SIDES[Side(side)][1],
        "before_label": "Counted",
        "after_label": f"Version {number}, in shadow",
        "rule": None if rule is None else titles[0].get(rule, rule) or "No rule spoke",
        "rows": shown_rows(rows, titles, reader(request)),
        "older": older,
        "is_first": cursor_of(request) is None,
    }
    return render(request, "revenue/policy_shadow_rows.html", context)


def _active_id(kind: str) -> int | None:
    standing = PolicyVersion.objects.filter(kind=kind, state=PolicyState.ACTIVE)
    return standing.values_list("pk", flat=True).first()


def _shown(
    version: PolicyVersion, found: Agreement, label: str, *, whole: bool = False
) -> dict[str, Any]:
    """An agreement with the addresses of the rows behind its numbers."""
    query = "" if whole else f"?{urlencode({'rule': found.rule})}"
    urls = {
        side.name.lower(): reverse(
            "revenue:policy_shadow_rows", args=[version.kind, version.number, side.value]
        )
        + query
        for side in Side
    }
    return {"found": found, "label": label, "urls": urls}
