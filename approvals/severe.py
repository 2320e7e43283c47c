"""Sent mails that did harm: who reports one takes the seat's authority for such mails at once."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from approvals.models import Channel, Send, SendState, SevereEvent, SevereKind
from approvals.promoting import lower
from revenue import ledger
from revenue.actors import Actor
from revenue.agents import authority
from revenue.agents.authority import ALONE
from revenue.agents.seats import SENDER_SEAT, send_action
from revenue.conversation.suppression import digests_for
from revenue.models import Suppression, SuppressionKind, SuppressionReason

CONSUMER = "approvals.severe"
COMPLAINTS = Actor.system("complaints")


class NotSent(Exception):
    """Only a mail that was sent can have done harm."""


def react(event: ledger.Event) -> None:
    """Handle one ledger event: a complaint is about the mails that the policy let go to them."""
    if event.kind not in ("suppression.added", "suppression.repeated"):
        return
    if event.data.get("reason") != SuppressionReason.COMPLAINT:
        return
    entry = Suppression.objects.get(pk=int(event.subject.partition(":")[2]))
    for send in let_go_to(entry):
        report_severe(
            send_id=send.pk, kind=SevereKind.COMPLAINT, note="", by=COMPLAINTS, now=event.at
        )


def let_go_to(entry: Suppression) -> list[Send]:
    """Sent mails that the policy approved and that this entry would have forbidden."""
    sent = Send.objects.filter(state=SendState.SENT, approval__channel=Channel.POLICY)
    return [
        send
        for send in sent.filter(_perhaps(entry)).order_by("id").only("to_address", "account")
        if entry.digest
        in digests_for(send.to_address, send.account_id, key=settings.SUPPRESSION_KEY)
    ]


def _perhaps(entry: Suppression) -> Q:
    """Recipients whose digests are worth comparing; a domain in another script may be any."""
    value = entry.value
    if value is None or "xn--" in value:
        return Q()
    if entry.kind == SuppressionKind.ACCOUNT:
        return Q(account=int(value))
    return Q(to_address__iendswith=value.rpartition("@")[2])


@transaction.atomic
def report_severe(
    *, send_id: int, kind: SevereKind, note: str, by: Actor, now: datetime
) -> SevereEvent:
    """Keep that a sent mail did harm, and let a person approve each such mail from now on.

    Reported once of each kind: again, the first report stands. Raises NotSent.
    """
    send = Send.objects.select_for_update().get(pk=send_id)
    if send.state != SendState.SENT:
        raise NotSent(NotSent.__doc__)
    reported, first = SevereEvent.objects.get_or_create(
        send=send,
        kind=kind,
        defaults={"note": note[:500], "reported_at": now, "reported_by": str(by)},
    )
    if not first:
        return reported
    ledger.append(
        kind="send.did_harm",
        subject=f"send:{send.pk}",
        by=by,
        now=now,
        data={"kind": kind, "reason": f"{SevereKind(kind).label}. {note}".strip()},
    )
    alone = authority.standing().filter(
        seat=SENDER_SEAT, action=send_action(send.kind), level__gte=ALONE
    )
    why = f"Harm was reported: {SevereKind(kind).label[0].lower()}{SevereKind(kind).label[1:]}."
    lower(alone.order_by("id"), why=why, evidence={"severe": reported.pk}, now=now)
    return reported
