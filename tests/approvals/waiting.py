"""Sends that wait in the queue of a test, and htmx asking for a part of a page."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from approvals.intake import open_send
from approvals.models import Revision, Send
from tests.support.rows import make_account, make_contact, make_draft

PART = {"HX-Request": "true", "HX-Request-Type": "partial"}


def waiting_send(*, business: str = "", **fields: Any) -> Send:
    """A send as the intake opens it now; ``fields`` are those of its contact."""
    account = make_account(**({"name": business} if business else {}))
    draft = make_draft(make_contact(account, **fields))
    return open_send(draft=draft, now=timezone.now())


def decision(send: Send, choice: str = "approve", **fields: object) -> dict[str, object]:
    """The form of a decision about the text that stands."""
    return {"revision": send.revision_id, "choice": choice, "visible_ms": "4200", **fields}


def with_text(send: Send, **fields: Any) -> Send:
    """The send with another text that stands; ``fields`` are those of the revision."""
    assert send.revision is not None
    values = {
        field.attname: getattr(send.revision, field.attname)
        for field in Revision._meta.concrete_fields
        if not field.primary_key
    }
    number = send.revision.number + 1
    send.revision = Revision.objects.create(**{**values, "number": number, **fields})
    send.save(update_fields=["revision"])
    return send
