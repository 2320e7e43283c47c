"""Editing a mail before it is decided."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from approvals import deciding, queries
from approvals.deciding import CannotDecide, Ruling
from approvals.forms import BadPost, EditForm, read_id, read_visible_ms
from approvals.models import Choice, Send, SendState
from approvals.presenting.conflicts import conflict_of
from approvals.queries import Filters
from approvals.revising import Unreadable, revise
from approvals.views.answers import next_item, refused, told
from approvals.views.common import item_page, reader_of, send_or_404, send_url, wants_part
from approvals.views.deciding import done_by


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, send_id: int) -> HttpResponse:
    """Show the text in a form; take what comes back as the next revision."""
    filters = Filters.from_query(request.GET)
    send = send_or_404(send_id)
    if request.method == "POST":
        return save(request, send, filters)
    if send.state != SendState.PENDING or send.revision is None:
        return redirect(send_url(send_id, filters))
    form = EditForm(initial={"subject": send.revision.subject, "body": send.revision.body})
    return item_page(request, send, filters, form=form)


def save(request: HttpRequest, send: Send, filters: Filters) -> HttpResponse:
    """Make the revision; approve it in the same request where that was asked for."""
    form, now = EditForm(request.POST), timezone.now()
    if not form.is_valid():
        return item_page(request, send, filters, status=422, form=form)
    by = reader_of(request).actor
    try:
        revised = revise(
            send_id=send.pk,
            revision_id=read_id(request.POST, "revision"),
            subject=form.cleaned_data["subject"],
            body=form.cleaned_data["body"],
            by=by,
            now=now,
            visible_ms=read_visible_ms(request.POST),
        )
    except (Unreadable, BadPost) as error:
        form.add_error(None, str(error))
        return item_page(request, send, filters, status=422, form=form)
    except CannotDecide as error:
        return kept(request, send.pk, filters, form, error)
    if revised.told is not None:
        return told(request, send.pk, filters, typed="" if revised.is_kept else typed_in(form))
    if request.POST.get("then") != "approve":
        return saved(request, send.pk, filters)
    ruling = Ruling(choice=Choice.APPROVE, visible_ms=read_visible_ms(request.POST))
    try:
        decided = deciding.decide(
            send_id=send.pk, revision_id=revised.revision.pk, ruling=ruling, by=by, now=now
        )
    except CannotDecide as error:
        return refused(request, send.pk, filters, error)
    place = queries.place_of(decided)
    return next_item(request, decided, filters, done_by(ruling, decided, now=now), place=place)


def saved(request: HttpRequest, send_id: int, filters: Filters) -> HttpResponse:
    """The item with its new text."""
    if wants_part(request):
        response = item_page(request, send_or_404(send_id), filters, saved=True)
        response["HX-Replace-Url"] = send_url(send_id, filters)
        return response
    messages.success(request, "Saved. The claims and the copy have been checked again.")
    return redirect(send_url(send_id, filters))


def kept(
    request: HttpRequest, send_id: int, filters: Filters, form: EditForm, error: CannotDecide
) -> HttpResponse:
    """Nothing was saved; what was typed comes back, in the form where it can still be saved."""
    send = send_or_404(send_id)
    if send.state == SendState.PENDING:
        conflict = conflict_of(error, typed="")
        return item_page(request, send, filters, status=409, form=form, conflict=conflict)
    return refused(request, send_id, filters, error, typed=typed_in(form))


def typed_in(form: EditForm) -> str:
    return f"{form.cleaned_data['subject']}\n\n{form.cleaned_data['body']}"
