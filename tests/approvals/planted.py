"""Mails with a planted fault, and people who have decided enough for that."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from approvals.intake import open_send
from approvals.models import Choice, Decision, Revision, SeededDefect, Send, SendState
from approvals.seeding import GRACE
from revenue.actors import Actor
from revenue.models import House
from tests.support.rows import FOUNDER, NOW, make_contact, make_draft, make_send

NAMED = "Hi Dana,\n\nabout the calls\nthat come in\n\nAna Petrov"
"""Nothing but the name in the greeting can be another."""


def past_grace(*people: Actor, before: datetime = NOW) -> None:
    """Let these people have decided enough for faults to be planted, and to count."""
    send = make_send(state=SendState.REJECTED)
    rounds = iter(range(2, 1000))  # the first is that of its rejection
    for by in people or (FOUNDER,):
        Decision.objects.bulk_create(
            Decision(
                send=send, revision_id=send.revision_id or 0, round=next(rounds),
                choice=Choice.REJECT, reason_code="tone", channel="page",
                decided_at=before - timedelta(days=1), decided_by=str(by),
            )
            for _ in range(GRACE)
        )  # fmt: skip


def plant_all(share: float = 1.0) -> None:
    """Let each mail that comes up from now on carry a fault."""
    House.objects.update(seeded_share=share)


def planted_send(*, now: datetime = NOW, name: str = "Dana Whitfield", **fields: Any) -> Send:
    """A pending send in whose standing text a fault is planted; there is somebody else's name."""
    make_contact(name="Marcus Oyelaran")
    if House.objects.get(pk=1).seeded_share < 1:
        plant_all()
    if Decision.objects.count() < GRACE:
        past_grace()
    send = open_send(draft=make_draft(make_contact(name=name), **fields), now=now)
    assert send.revision_planted
    return send


def named_send(*, now: datetime = NOW) -> Send:
    """A planted send whose fault is the name "Marcus" in place of "Dana"."""
    send = planted_send(now=now, body=NAMED)
    assert defect_of(send).fragment == "Marcus"
    return send


def defect_of(send: Send) -> SeededDefect:
    return SeededDefect.objects.get(send=send)


def real_of(send: Send) -> Revision:
    return Revision.objects.get(send=send, planted=False)


def standing(send: Send) -> Revision:
    send.refresh_from_db()
    assert send.revision is not None
    return send.revision
