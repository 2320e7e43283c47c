"""The demo's mailbox: every mail that was delivered, as it arrived."""

from __future__ import annotations

import re

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from revenue.connectors.local_mailbox import NoSuchMail, list_messages, read_message

PAGE = 50


@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """The mails, newest first."""
    only_in_the_demo()
    before = request.GET.get("before", "")[:64]
    found = list_messages(settings.MAILBOX_DIR, limit=PAGE + 1, before=before)
    mails = found[:PAGE]
    older = reverse("approvals:mailbox", query={"before": mails[-1].key}) if found[PAGE:] else ""
    newest = reverse("approvals:mailbox") if before else ""
    context = {"mails": mails, "older_url": older, "newer_url": newest}
    return render(request, "approvals/mailbox.html", context)


@require_safe
def mail(request: HttpRequest, key: str) -> HttpResponse:
    """One mail: its text with a working unsubscribe link, and every header."""
    only_in_the_demo()
    try:
        kept = read_message(settings.MAILBOX_DIR, key)
    except NoSuchMail:
        raise Http404 from None
    before, link, after = way_out(kept.text)
    context = {"mail": kept, "text": before, "link": link, "rest": after}
    return render(request, "approvals/mail.html", context)


def way_out(text: str) -> tuple[str, str, str]:
    """The text cut at our own unsubscribe address, which alone becomes a link."""
    ours = re.search(rf"{re.escape(settings.BASE_URL)}/u/[\w-]+", text)
    if ours is None:
        return text, "", ""
    return text[: ours.start()], ours[0], text[ours.end() :]


def only_in_the_demo() -> None:
    if not settings.DEMO:
        raise Http404
