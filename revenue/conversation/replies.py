"""What a contact's answer means for the rest: for now somebody notes it by hand."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from revenue import ledger
from revenue.actors import Actor
from revenue.models import Contact


@transaction.atomic
def record_reply(*, contact: Contact, at: datetime, by: Actor, now: datetime) -> bool:
    """Note that a contact wrote to us at a time; False if a later reply is known already.

    Whatever still waits to leave for them is taken out of the way when the ledger tells of it.
    """
    noted = (
        Contact.objects.filter(pk=contact.pk)
        .filter(Q(last_reply_at__isnull=True) | Q(last_reply_at__lt=at))
        .update(last_reply_at=at)
    )
    if noted:
        ledger.append(
            kind="contact.replied",
            subject=f"contact:{contact.pk}",
            by=by,
            now=now,
            data={"at": at.isoformat(), "account": contact.account_id},
        )
    return bool(noted)
