"""The parts of the mail that authority can be granted for: which there are, and a new one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from revenue.agents import falling, segments
from revenue.agents.authority import standing
from revenue.agents.segments import CannotWrite, write_segment
from revenue.models import Authority, Segment
from revenue.policies import verdicts
from revenue.policies.conditions import Node, dump, parse_condition
from revenue.policies.faults import PolicyInvalid
from revenue.policies.verdicts import NoActivePolicy
from revenue.policies.vocabulary import PolicyKind as Kind
from revenue.policies.wording import condition_words
from revenue.web.access import acting, reader
from revenue.web.parts import wants_part
from revenue.web.policy_evidence import cursor_of, shown_rows
from revenue.web.policy_showing import menus
from revenue.web.rule_tree import TooLarge
from revenue.web.segment_form import KIND, SegmentForm


@dataclass(frozen=True, slots=True)
class Shown:
    """A part of the mail: how it reads, how many mails are in it, what stands for it."""

    segment: Segment
    words: str
    mails: int
    url: str
    grants: list[Authority]


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many of the mails are in another part of the mail too."""

    label: str
    mails: int
    url: str


@require_safe
def all_segments(request: HttpRequest) -> HttpResponse:
    """Each with the mails of the last 90 days that fall into it."""
    rows = segments.in_order()
    counts = falling.count([segments.parse_of(row) for row in rows], now=timezone.now())
    grants: dict[str, list[Authority]] = {row.pk: [] for row in rows}
    for row in standing().select_related("seat__person", "action").order_by("seat", "action"):
        grants[str(row.segment_id)].append(row)
    context = {
        "rows": [
            Shown(row, _words(row), number, _mails_url(segment=row.pk), grants[row.pk])
            for row, number in zip(rows, counts, strict=True)
        ],
        "total": max(counts, default=0),
        "days": falling.LATELY.days,
        "may_write": reader(request).may_see("revenue:segment_new"),
    }
    return render(request, "revenue/segments.html", context)


def _words(segment: Segment) -> str:
    condition = segments.parse_of(segment)
    return "Every mail." if condition is None else f"Mails of which {condition_words(condition)}."


def _mails_url(**query: str) -> str:
    return reverse("revenue:segment_mails", query=query)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Write one; buttons inside the condition show the form again with all that was typed."""
    if request.method != "POST":
        return _form(request, SegmentForm.blank())
    act = request.POST.get("act", "save")
    try:
        form = SegmentForm.typed(request.POST, checking=act == "save")
    except TooLarge as refused:
        if wants_part(request):
            return HttpResponse(status=413)  # the page stays as it is, and says that it failed
        messages.error(request, str(refused))
        return redirect("revenue:segment_new")
    if act == "read":
        return render(request, "revenue/segment_reads.html", _reads(form))
    if act != "save":
        form.change(act)
        return _form(request, form)
    return _save(request, form)


def _save(request: HttpRequest, form: SegmentForm) -> HttpResponse:
    condition = form.condition(telling=True)
    if not form.fields.is_valid() or condition is None:
        return _form(request, form, status=422)
    try:
        segment = write_segment(
            label=form.fields.cleaned_data["label"],
            condition=dump(condition),
            by=acting(request),
            now=timezone.now(),
        )
    except CannotWrite as refused:
        form.faults.append(str(refused))
        return _form(request, form, status=422)
    messages.success(
        request, f"“{segment.label}” can be granted for now. It grants nothing itself."
    )
    if not wants_part(request):
        return redirect("revenue:segments")
    response = HttpResponse(status=204)
    response["HX-Redirect"] = reverse("revenue:segments")
    return response


def _form(request: HttpRequest, form: SegmentForm, *, status: int = 200) -> HttpResponse:
    context = {
        "shown": form,
        "urls": {"edit": reverse("revenue:segment_new")},
        "refused": status != 200,
        **menus(KIND, form.when),
        **_reads(form),
    }
    part = wants_part(request)
    template = "revenue/segment_form.html" if part else "revenue/segment_new.html"
    return render(request, template, context, status=status)


def _reads(form: SegmentForm) -> dict[str, Any]:
    """How it reads, and which mails would be in it; one statement beside the segments."""
    condition = form.condition()
    if condition is None:
        return {"sentence": "", "days": falling.LATELY.days}
    others = [row for row in segments.in_order() if row.condition is not None]
    asked = [falling.both(condition, segments.parse_of(row)) for row in others]
    total, own, *shared = falling.count([None, condition, *asked], now=timezone.now())
    written = json.dumps(dump(condition), ensure_ascii=False)
    return {
        "sentence": form.sentence(),
        "days": falling.LATELY.days,
        "total": total,
        "own": own,
        "own_url": _mails_url(condition=written),
        "overlaps": [
            Overlap(row.label, number, _mails_url(condition=written, segment=row.pk))
            for row, number in zip(others, shared, strict=True)
            if number
        ],
    }


@require_safe
def mails(request: HttpRequest) -> HttpResponse:
    """The mails behind one number: in a segment, as a condition says, or both."""
    segment, condition = _asked(request)
    of_segment = segments.parse_of(segment) if segment else None
    within = falling.both(condition, of_segment)
    now, before = timezone.now(), cursor_of(request)
    rows, older = falling.mails_in(within, now=now, before=before)
    context = {
        "segment": segment,
        "condition_words": condition_words(condition) if condition else "",
        "days": falling.LATELY.days,
        "rows": shown_rows(rows, [{}, _titles()], reader(request)),
        "older": older,
        "is_first": before is None,
        "number": falling.count([within], now=now)[0],
    }
    return render(request, "revenue/segment_mails.html", context)


def _asked(request: HttpRequest) -> tuple[Segment | None, Node | None]:
    """Raises Http404 for what can't be asked, or where nothing is."""
    slug, written = request.GET.get("segment", ""), request.GET.get("condition", "")
    segment = Segment.objects.filter(pk=slug).first()
    if (slug and segment is None) or not (slug or written):
        raise Http404
    try:
        return segment, parse_condition(written, Kind.SEND) if written else None
    except PolicyInvalid:
        raise Http404 from None


def _titles() -> dict[str, str]:
    try:
        return {rule.id: rule.name for rule in verdicts.active(KIND).text.rules}
    except NoActivePolicy:
        return {}
