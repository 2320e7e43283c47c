"""The title of the next version of a policy."""

from __future__ import annotations

from http import HTTPStatus

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from revenue.models import PolicyKind
from revenue.policies import editing
from revenue.policies.conditions import TITLE_LENGTH, PolicyText
from revenue.policies.editing import ChangedMeanwhile, Writing
from revenue.policies.faults import PolicyInvalid
from revenue.policies.rearranging import Arranged, titled
from revenue.web.access import acting
from revenue.web.parts import wants_part
from revenue.web.policy_showing import addresses, changed_by, editor_context, kind_or_404, undo_url


class TitleForm(forms.Form):
    """What people call the policy."""

    use_required_attribute = False

    title = forms.CharField(
        label="Title of the policy",
        max_length=TITLE_LENGTH,
        help_text="Stands above each version that is kept from now on.",
        widget=forms.TextInput(attrs={"autofocus": True}),
    )

    def laid_over(self, text: PolicyText) -> Arranged | None:
        """The text under this title; None where something is wrong, which is told beside it."""
        if not self.is_valid():
            return None
        try:
            return titled(text, self.cleaned_data["title"])
        except PolicyInvalid as refused:
            self.add_error("title", refused.faults[0].reason)
            return None


@require_http_methods(["GET", "HEAD", "POST"])
def title(request: HttpRequest, kind: str) -> HttpResponse:
    """The title as a form, or closed again with ``?closed=1``; a POST saves it."""
    of_kind = kind_or_404(kind)
    writing = editing.writing(of_kind)
    if request.method == "POST":
        return _typed(request, writing)
    closed = "closed" in request.GET
    form = None if closed else _form(writing.kind, initial={"title": writing.text.title})
    return _show(request, writing, form)


def _typed(request: HttpRequest, writing: Writing) -> HttpResponse:
    form, seen = _form(writing.kind, data=request.POST), request.POST.get("seen", "")
    done = form.laid_over(writing.text)
    if done is None:
        return _show(request, writing, form, seen=seen, status=422)
    try:
        after = editing.save_edit(
            kind=writing.kind,
            text=done.text,
            seen=seen,
            note=done.note,
            by=acting(request),
            now=timezone.now(),
        )
    except ChangedMeanwhile as refused:
        return _show(request, refused.now, form, status=409, refused=refused)
    return _saved(request, after, done.note if after.number != writing.number else "")


def _saved(request: HttpRequest, after: Writing, note: str) -> HttpResponse:
    said = note or "Nothing was changed."
    if not wants_part(request):
        messages.success(request, said)
        return redirect("revenue:policy_edit", after.kind)
    return _show(request, after, None, toast=said, undo=undo_url(after) if note else "")


def _show(
    request: HttpRequest,
    writing: Writing,
    form: TitleForm | None,
    *,
    seen: str = "",
    status: int = 200,
    refused: ChangedMeanwhile | None = None,
    toast: str = "",
    undo: str = "",
) -> HttpResponse:
    """The title open or closed; without htmx the whole page round it."""
    context = {
        **editor_context(writing),
        "title_form": form,
        "title_changed": changed_by(refused) if refused else None,
        "seen": seen or writing.seen,
        "urls": addresses(writing.kind),
        "refused": status != HTTPStatus.OK,
        "told": refused is not None or toast != "",
        "toast": toast,
        "undo_url": undo,
    }
    part = wants_part(request)
    template = "revenue/policy_title_part.html" if part else "revenue/policy_edit.html"
    return render(request, template, context, status=status)


def _form(kind: PolicyKind, **given: object) -> TitleForm:
    return TitleForm(**given, auto_id=f"{kind}-%s")  # type: ignore[arg-type]
