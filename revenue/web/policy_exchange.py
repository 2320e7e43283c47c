"""Policies as JSON text: taken out as a file, brought in by file or by hand; and two compared."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from revenue.models import PolicyKind, PolicyVersion
from revenue.policies import editing
from revenue.policies.conditions import PolicyText, parse_policy
from revenue.policies.differing import Difference, differences
from revenue.policies.editing import ChangedMeanwhile, Writing
from revenue.policies.faults import Fault, PolicyInvalid
from revenue.policies.limits import MAX_BYTES
from revenue.web.access import acting
from revenue.web.policy_showing import addresses, changed_by, kind_or_404
from revenue.web.word_diff import Part, word_diff

MOST_COMPARED = 200


class ImportForm(forms.Form):
    """A whole policy as JSON, pasted or from a file; the file counts where both are given."""

    text = forms.CharField(
        label="Policy as JSON",
        required=False,
        strip=False,
        max_length=MAX_BYTES,
        widget=forms.Textarea(attrs={"class": "mono", "spellcheck": "false", "rows": 18}),
    )
    file = forms.FileField(
        label="Or a file",
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
        help_text="Counts instead of the text where both are given.",
    )

    def clean_file(self) -> str | None:
        """The text of the file. Refuses what is too large or is no text."""
        file = self.cleaned_data["file"]
        if not file:
            return None
        if file.size > MAX_BYTES:
            raise forms.ValidationError(f"The file is larger than {MAX_BYTES // 1024} KB.")
        try:
            return str(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise forms.ValidationError("The file is no text in UTF-8.") from None

    def given(self) -> str:
        """What was given, from either."""
        return self.cleaned_data.get("file") or self.cleaned_data.get("text") or ""


@require_safe
def export(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """A version as a file."""
    row = get_object_or_404(PolicyVersion, kind=kind, number=number)
    return _download(row.text, f"{kind}-{number}.json")


@require_safe
def export_writing(request: HttpRequest, kind: str) -> HttpResponse:
    """The text that is being written, as a file."""
    writing = editing.writing(kind_or_404(kind))
    return _download(writing.text.to_json(), f"{kind}-next.json")


@require_http_methods(["GET", "HEAD", "POST"])
def bring_in(request: HttpRequest, kind: str) -> HttpResponse:
    """Take a whole policy as the text that is being written."""
    of_kind = kind_or_404(kind)
    writing = editing.writing(of_kind)
    if request.method != "POST":
        form = ImportForm(initial={"text": _pretty(writing.text.to_json())})
        return _import_page(request, writing, form)
    form = ImportForm(request.POST, request.FILES)
    text, faults = _read(form, of_kind)
    if text is None:
        return _import_page(request, writing, form, faults=faults, status=422)
    try:
        after = editing.save_edit(
            kind=of_kind,
            text=text,
            seen=request.POST.get("seen", ""),
            note=f"Brought in a text of {len(text.rules)} rules.",
            by=acting(request),
            now=timezone.now(),
        )
    except ChangedMeanwhile as refused:
        return _import_page(request, refused.now, form, refused=refused, status=409)
    same = after.number == writing.number
    messages.success(request, "It says what stands here already." if same else "Brought in.")
    return redirect("revenue:policy_edit", of_kind)


def _read(form: ImportForm, kind: PolicyKind) -> tuple[PolicyText | None, tuple[Fault, ...]]:
    """The policy that was given, or what is wrong with it by path."""
    if not form.is_valid():
        return None, ()
    if not form.given().strip():
        form.add_error("text", "Paste a policy, or choose a file.")
        return None, ()
    try:
        text = parse_policy(form.given())
    except PolicyInvalid as error:
        return None, error.faults
    if text.kind.value != kind.value:
        return None, (Fault("$.kind", f"This is a policy of the kind {text.kind}, not {kind}."),)
    return text, ()


def _import_page(
    request: HttpRequest,
    writing: Writing,
    form: ImportForm,
    *,
    faults: tuple[Fault, ...] = (),
    refused: ChangedMeanwhile | None = None,
    status: int = 200,
) -> HttpResponse:
    """The text again as it was given, also where it came from a file."""
    if form.is_bound and form.cleaned_data.get("file"):
        form.data = {**form.data, "text": form.cleaned_data["file"]}
    late = form.is_bound and not refused
    context = {
        "kind": writing.kind,
        "writing": writing,
        "form": form,
        "faults": faults,
        "changed": changed_by(refused) if refused else None,
        "seen": request.POST.get("seen", "") if late else writing.seen,
        "urls": addresses(writing.kind),
    }
    return render(request, "revenue/policy_import.html", context, status=status)


# Two versions side by side ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Compared:
    """What became of one rule, and its sentence word by word."""

    difference: Difference
    parts: tuple[Part, ...]


@require_safe
def compare(request: HttpRequest, kind: str) -> HttpResponse:
    """Two versions of a kind side by side: ``?a=3&b=5``; without, the latest two."""
    of_kind = kind_or_404(kind)
    rows = PolicyVersion.objects.filter(kind=of_kind).defer("analysis")
    numbers = list(rows.order_by("-number").values_list("number", "state")[:MOST_COMPARED])
    known = [number for number, _ in numbers]
    newer = _number(request.GET.get("b", ""), known, known[0] if known else 0)
    older = _number(request.GET.get("a", ""), known, next((n for n in known if n < newer), newer))
    found = {row.number: row for row in rows.filter(number__in=[older, newer])}
    a, b = found.get(older), found.get(newer)
    context: dict[str, Any] = {"kind": of_kind, "numbers": numbers, "a": a, "b": b}
    if a is not None and b is not None:
        context["compared"] = _compared(a, b)
    return render(request, "revenue/policy_compare.html", context)


def _compared(a: PolicyVersion, b: PolicyVersion) -> list[Compared]:
    found = differences(parse_policy(a.text), parse_policy(b.text))
    return [Compared(one, word_diff(one.before, one.after)) for one in found]


def _number(text: str, known: list[int], otherwise: int) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) < 9
    return int(text) if is_number and int(text) in known else otherwise


def _download(text: dict[str, Any], name: str) -> HttpResponse:
    return HttpResponse(
        _pretty(text) + "\n",
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _pretty(text: dict[str, Any]) -> str:
    return json.dumps(text, indent=2, ensure_ascii=False)
