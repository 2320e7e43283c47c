"""Writing the next version of a policy, rule by rule."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from revenue.models import PolicyKind, PolicyVersion
from revenue.policies import checking, editing
from revenue.policies.conditions import PolicyText
from revenue.policies.editing import ChangedMeanwhile, Writing
from revenue.policies.rearranging import arranged
from revenue.web.access import acting, reader
from revenue.web.parts import wants_part
from revenue.web.policy_showing import (
    addresses,
    cards_of,
    changed_by,
    editor_context,
    kind_or_404,
    undo_url,
)
from revenue.web.rule_form import NEW, RuleForm
from revenue.web.rule_tree import TooLarge


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, kind: str) -> HttpResponse:
    """The rules as cards; ``?rule=`` opens one, ``?card=`` gives one closed to htmx."""
    of_kind = kind_or_404(kind)
    if request.method == "POST":
        return _rule_typed(request, of_kind)
    writing = editing.writing(of_kind)
    form = _opened(request, writing)
    if wants_part(request):
        return _card(request, writing, form, request.GET.get("card", ""))
    return _page(request, writing, form)


@require_POST
def arrange(request: HttpRequest, kind: str) -> HttpResponse:
    """Switch, move or remove a rule by its button, or take over an order."""
    of_kind = kind_or_404(kind)
    writing = editing.writing(of_kind)
    done = arranged(writing.text, request.POST.get("act", ""), request.POST.get("order", ""))
    try:
        after = editing.save_edit(
            kind=of_kind,
            text=done.text,
            seen=request.POST.get("seen", ""),
            note=done.note,
            by=acting(request),
            now=timezone.now(),
        )
    except ChangedMeanwhile as refused:
        return _list_refused(request, refused, done.note)
    return _list(request, after, done.note if after.number != writing.number else "")


@require_POST
def text(request: HttpRequest, kind: str) -> HttpResponse:
    """Keep the text as a version, give it up, or take the latest save back."""
    of_kind = kind_or_404(kind)
    given = request.POST if "act" in request.POST else request.GET
    act, seen = given.get("act", ""), given.get("seen", "")
    by, now = acting(request), timezone.now()
    try:
        if act == "keep":
            version = editing.keep_as_version(kind=of_kind, seen=seen, by=by, now=now)
            return _checked(request, version)
        if act == "give_up":
            editing.give_up(kind=of_kind, seen=seen, by=by, now=now)
            messages.success(request, "Given up. Nothing that was published has changed.")
        elif act == "undo":
            after = editing.undo_edit(kind=of_kind, seen=seen, by=by, now=now)
            return _list(request, after, str(after.last.note) if after.last else "", undone=True)
    except ChangedMeanwhile as refused:
        return _list_refused(request, refused, "")
    except (editing.NothingToKeep, editing.NothingToUndo) as refused:
        messages.error(request, str(refused))
    return redirect("revenue:policy_edit", of_kind)


# One rule -----------------------------------------------------------------------------------------


def _opened(request: HttpRequest, writing: Writing) -> RuleForm | None:
    """The form of the rule that the address names."""
    asked = request.GET.get("rule", "")
    if asked == NEW:
        return RuleForm.blank(writing.kind, owner=_owner(request))
    found = next((rule for rule in writing.text.rules if rule.id == asked), None)
    return RuleForm.of(found, writing.kind) if found else None


def _rule_typed(request: HttpRequest, kind: PolicyKind) -> HttpResponse:
    """Save a rule, or do what a button inside its condition says and show it again."""
    act = request.POST.get("act", "save")
    writing = editing.writing(kind)
    try:
        form = RuleForm.typed(request.POST, kind, checking=act == "save")
    except TooLarge as refused:
        if wants_part(request):
            return HttpResponse(status=413)  # the page stays as it is, and says that it failed
        messages.error(request, str(refused))
        return redirect("revenue:policy_edit", kind)
    if act == "read":
        return render(request, "revenue/policy_reads.html", {"sentence": form.sentence()})
    if act != "save":
        form.change(act)
        return _form(request, _as_seen(request, writing), form)
    changed = form.laid_over(writing.text)
    if changed is None:
        return _form(request, _as_seen(request, writing), form, status=422)
    try:
        after = editing.save_edit(
            kind=kind,
            text=changed,
            seen=request.POST.get("seen", ""),
            note=_note(form, writing.text, changed),
            by=acting(request),
            now=timezone.now(),
        )
    except ChangedMeanwhile as refused:
        return _form(request, refused.now.seen, form, status=409, refused=refused)
    return _saved(request, writing, after, form)


def _as_seen(request: HttpRequest, writing: Writing) -> str:
    """What the form was written over; it stays so until a save is taken or refused."""
    return request.POST.get("seen", "") or writing.seen


def _form(
    request: HttpRequest,
    seen: str,
    form: RuleForm,
    *,
    status: int = 200,
    refused: ChangedMeanwhile | None = None,
) -> HttpResponse:
    """The form again with all that was typed; without htmx the whole page round it."""
    writing = refused.now if refused else editing.writing(form.kind)
    changed = changed_by(refused) if refused else None
    context = {
        **editor_context(writing, form=form),
        "shown": form,
        "seen": seen,
        "changed_rule": changed,
        "urls": addresses(form.kind),
        "with_side": refused is not None,
        "gone": form.is_gone_from(writing.text),
        "refused": status != HTTPStatus.OK,
    }
    part = wants_part(request)
    template = "revenue/policy_form_part.html" if part else "revenue/policy_edit.html"
    return render(request, template, context, status=status)


def _saved(request: HttpRequest, before: Writing, after: Writing, form: RuleForm) -> HttpResponse:
    """The card closed again, with what changed since the active version.

    That of a rule that somebody took out meanwhile stands where it was added again.
    """
    card, fresh = cards_of(after)[form.at], after.number != before.number
    again = form.is_gone_from(before.text)
    note = str(after.last.note) if fresh and after.last else "Nothing was changed."
    if not wants_part(request):
        messages.success(request, note)
        address = reverse("revenue:policy_edit", args=[form.kind])
        return redirect(f"{address}#rule-{card.rule.id}")
    context = {
        **editor_context(after),
        "card": card,
        "seen": after.seen,
        "urls": addresses(form.kind),
        "toast": note,
        "undo_url": undo_url(after) if fresh else "",
        "added": not form.was or again,
        "again": again,
    }
    response = render(request, "revenue/policy_saved.html", context)
    response["HX-Retarget"] = f"#{form.card}"
    response["HX-Reswap"] = "delete" if again else "outerHTML"
    return response


def _note(form: RuleForm, before: PolicyText, after: PolicyText) -> str:
    """What a save did, in a sentence."""
    name = after.rules[form.at].name
    return f"Changed “{name}”." if form.at < len(before.rules) else f"Added “{name}”."


# Pages and their parts ----------------------------------------------------------------------------


def _page(
    request: HttpRequest,
    writing: Writing,
    form: RuleForm | None = None,
    *,
    refused: ChangedMeanwhile | None = None,
    act: str = "",
) -> HttpResponse:
    changed = changed_by(refused, act) if refused else None
    context = {
        **editor_context(writing, form=form, changed=changed),
        "shown": form,
        "seen": writing.seen,
        "urls": addresses(writing.kind),
    }
    status = 409 if refused else 200
    return render(request, "revenue/policy_edit.html", context, status=status)


def _card(
    request: HttpRequest, writing: Writing, form: RuleForm | None, closed: str
) -> HttpResponse:
    """One card, open or closed; of a rule that has gone meanwhile, nothing."""
    wanted = form.was if form else closed
    cards = cards_of(writing, form)
    context = {
        **editor_context(writing, form=form),
        "shown": form,
        "card": next((card for card in cards if card.rule.id == wanted), None),
        "is_new": closed == NEW or (form is not None and not form.was),
        "seen": writing.seen,
        "urls": addresses(writing.kind),
    }
    return render(request, "revenue/policy_card_part.html", context)


def _list(request: HttpRequest, after: Writing, note: str, *, undone: bool = False) -> HttpResponse:
    """The list as it is now, and what was done with a way back."""
    if not wants_part(request):
        if note:
            messages.success(request, note)
        return redirect("revenue:policy_edit", after.kind)
    context = {
        **editor_context(after),
        "seen": after.seen,
        "urls": addresses(after.kind),
        "toast": note,
        "undo_url": "" if undone else undo_url(after),
    }
    return _morphing(render(request, "revenue/policy_list_part.html", context))


def _list_refused(request: HttpRequest, refused: ChangedMeanwhile, act: str) -> HttpResponse:
    if not wants_part(request):
        return _page(request, refused.now, refused=refused, act=act)
    context = {
        **editor_context(refused.now, changed=changed_by(refused, act)),
        "seen": refused.now.seen,
        "urls": addresses(refused.now.kind),
    }
    return _morphing(render(request, "revenue/policy_list_part.html", context, status=409))


def _morphing(response: HttpResponse) -> HttpResponse:
    """Let the list change in place, so that open cards stay as they are."""
    response["HX-Retarget"] = "#rules"
    response["HX-Reswap"] = "outerMorph"
    return response


def _checked(request: HttpRequest, version: PolicyVersion) -> HttpResponse:
    """Compare a new version with the active one, and show what was found."""
    checking.check_version(version=version, by=acting(request), now=timezone.now())
    messages.success(request, f"Kept as version {version.number}, and checked.")
    return redirect("revenue:policy_version", version.kind, version.number)


def _owner(request: HttpRequest) -> str:
    """Who answers for a new rule, unless its writer says otherwise."""
    return next(iter(sorted(role.value for role in reader(request).roles)), "")
