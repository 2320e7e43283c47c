"""The settings pages: the house and its mailboxes."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from revenue.agents import house as operations
from revenue.agents.house import MailboxChanges
from revenue.models import House, Mailbox
from revenue.web.access import acting
from revenue.web.settings_forms import HouseForm, MailboxForm, house_initial

METHODS = ["GET", "HEAD", "POST"]
SAVED = "Saved."


@require_http_methods(METHODS)
def house(request: HttpRequest) -> HttpResponse:
    """How the house writes and decides, and a list of its mailboxes."""
    row = House.objects.get(pk=1)
    form = HouseForm(request.POST or None, initial=house_initial(row))
    if form.is_valid():
        changed = operations.change_house(
            changes=form.changes(), by=acting(request), now=timezone.now()
        )
        messages.success(request, SAVED if changed else "Nothing had changed.")
        return redirect("revenue:settings")
    context = {"form": form, "mailboxes": Mailbox.objects.order_by("address")}
    return render(request, "revenue/settings.html", context, status=422 if form.is_bound else 200)


@require_http_methods(METHODS)
def mailbox_add(request: HttpRequest) -> HttpResponse:
    """A new address to send from."""
    today = timezone.localdate()
    form = MailboxForm(request.POST or None, initial={"warmup_started_on": today})
    if form.is_valid():
        fields = cast("MailboxChanges", form.cleaned_data)
        added = operations.add_mailbox(fields=fields, by=acting(request), now=timezone.now())
        messages.success(request, f"Mail can leave from {added.address} now.")
        return redirect("revenue:settings")
    return _mailbox_page(request, form)


@require_http_methods(METHODS)
def mailbox_edit(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """One mailbox with its pace; pausing and resuming have addresses of their own."""
    mailbox = get_object_or_404(Mailbox, pk=mailbox_id)
    form = MailboxForm(request.POST or None, instance=mailbox)
    if form.is_valid():
        operations.change_mailbox(
            mailbox_id=mailbox_id,
            changes=cast("MailboxChanges", form.cleaned_data),
            by=acting(request),
            now=timezone.now(),
        )
        messages.success(request, SAVED)
        return redirect("revenue:settings")
    # A form with faults has written into its row already.
    mailbox = get_object_or_404(Mailbox, pk=mailbox_id)
    return _mailbox_page(request, form, mailbox)


@require_POST
def mailbox_pause(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """Let nothing leave from it, for the reason that was typed."""
    reason = request.POST.get("reason", "")
    return _after(
        request,
        mailbox_id,
        lambda: operations.pause_mailbox(
            mailbox_id=mailbox_id, reason=reason, by=acting(request), now=timezone.now()
        ),
        "Paused. What is approved waits.",
    )


@require_POST
def mailbox_resume(request: HttpRequest, mailbox_id: int) -> HttpResponse:
    """Let mail leave from it again."""
    return _after(
        request,
        mailbox_id,
        lambda: operations.resume_mailbox(
            mailbox_id=mailbox_id, by=acting(request), now=timezone.now()
        ),
        "Resumed. What waited goes on.",
    )


def _after(
    request: HttpRequest, mailbox_id: int, act: Callable[[], None], done: str
) -> HttpResponse:
    get_object_or_404(Mailbox, pk=mailbox_id)
    try:
        act()
    except (operations.ReasonMissing, operations.NotPossible) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("revenue:mailbox_edit", mailbox_id)


def _mailbox_page(
    request: HttpRequest, form: MailboxForm, mailbox: Mailbox | None = None
) -> HttpResponse:
    context = {"form": form, "mailbox": mailbox}
    return render(request, "revenue/mailbox.html", context, status=422 if form.is_bound else 200)
