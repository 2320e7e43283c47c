"""The way out that stands under every mail. A GET, which scanners make too, changes nothing."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from approvals.models import Send
from revenue import ledger
from revenue.actors import Actor
from revenue.conversation.suppression import suppress
from revenue.models import SuppressionKind, SuppressionReason

RECIPIENT = Actor.system("unsubscribe")


@csrf_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows the button; POST unsubscribes, by the button or by a mail program (RFC 8058)."""
    send = (
        Send.objects.select_related("mailbox").only("to_address", "mailbox__company")
        .filter(token=token if token.isprintable() else "")
        .first()
    )  # fmt: skip
    if send is None:
        return render(request, "approvals/unsubscribe_unknown.html", status=404)
    if request.method == "POST":
        stop_writing(send)
    context = {
        "done": request.method == "POST",
        "address": masked(send.to_address),
        "company": send.mailbox.company,
    }
    return render(request, "approvals/unsubscribe.html", context)


@transaction.atomic
def stop_writing(send: Send) -> None:
    """Suppress the address for good; doing it twice changes nothing more."""
    now = timezone.now()
    entry = suppress(
        kind=SuppressionKind.ADDRESS,
        value=send.to_address,
        reason=SuppressionReason.UNSUBSCRIBED,
        by=RECIPIENT,
        now=now,
    )
    if entry.suppressed_at == now:
        ledger.append(kind="send.unsubscribed", subject=f"send:{send.pk}", by=RECIPIENT, now=now)


def masked(address: str) -> str:
    """Enough of an address to know one's own: ``d•••@harbour.example``."""
    local, _, domain = address.partition("@")
    return f"{local[:1]}•••@{domain}"
