"""A person's edit of a text: the next revision, which loses the votes for the one before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from unicodedata import category

from django.db import transaction

from approvals.deciding import lock_pending
from approvals.edits import classify_edit, gravest
from approvals.intake import add_revision, judge
from approvals.models import EditClass, Revision, SeededDefect, Send
from approvals.planting import handled
from approvals.seeding import tell
from revenue import ledger
from revenue.actors import Actor
from revenue.agents.drafting.brief import Brief
from revenue.agents.drafting.claims import Claim, find_claims
from revenue.models import House

MAX_SUBJECT = 200
MAX_BODY = 20_000


class Unreadable(Exception):
    """The edited text can't be taken; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Revised:
    """The text that stands after an edit.

    ``told``: the planted fault that the edit brought to light, if one stood there. ``is_kept``:
    whether everything that was typed is in the text.
    """

    revision: Revision
    told: SeededDefect | None = None
    is_kept: bool = True


@transaction.atomic
def revise(
    *,
    send_id: int,
    revision_id: int,
    subject: str,
    body: str,
    by: Actor,
    now: datetime,
    visible_ms: int | None = None,
) -> Revised:
    """Make the next revision from what the person typed, and judge it.

    The same text gives the revision that stands. Where a fault is planted in that, the edit tells
    of it, and what was typed is applied to the real text. Raises Unreadable, or CannotDecide as
    ``deciding.decide`` does.
    """
    subject, body = clean_subject(subject), clean_body(body)
    send = lock_pending(send_id, revision_id)
    before = Revision.objects.get(pk=revision_id)
    if (subject, body) == (before.subject, before.body):
        return Revised(before)
    told, kept = None, True
    if send.revision_planted:
        told, meant = _brought_to_light(send, before, body, by=by, now=now, visible_ms=visible_ms)
        before = Revision.objects.get(pk=send.revision_id or 0)
        kept = meant is not None
        if meant is None or (subject, meant) == (before.subject, before.body):
            return Revised(before, told, kept)
        body = meant
    return Revised(_next(send, before, subject=subject, body=body, by=by, now=now), told, kept)


def _brought_to_light(
    send: Send, planted: Revision, typed: str, *, by: Actor, now: datetime, visible_ms: int | None
) -> tuple[SeededDefect, str | None]:
    """Tell of the fault; give what the typed text says without it, None where that is not sure."""
    defect = SeededDefect.objects.get(send=send)
    found = handled(
        planted=planted.body, typed=typed, fragment=defect.fragment, original=defect.original
    )
    told = tell(send=send, caught=found.caught, by=by, now=now, visible_ms=visible_ms)
    return told, found.body


def _next(
    send: Send, before: Revision, *, subject: str, body: str, by: Actor, now: datetime
) -> Revision:
    """Write the next revision of a locked send, let it stand, and judge it."""
    send = Send.objects.select_related("draft", "account", "contact", "mailbox", "revision").get(
        pk=send.pk
    )
    brief = Brief.from_json(send.draft.brief)
    claims = find_claims(body, brief)
    revision = add_revision(
        send,
        subject=subject,
        body=body,
        claims=[claim.as_json() for claim in claims],
        edit_class=edit_class(before, subject=subject, body=body, claims=claims),
        by=by,
        now=now,
        house=House.objects.get(pk=1),
    )
    send.revision = revision
    send.save(update_fields=["revision"])
    judge([send], now=now)
    ledger.append(
        kind="send.edited",
        subject=f"send:{send.pk}",
        by=by,
        now=now,
        data={
            "revision": revision.pk,
            "from_revision": before.pk,
            "edit_class": revision.edit_class,
        },
    )
    return revision


def edit_class(
    before: Revision, *, subject: str, body: str, claims: tuple[Claim, ...]
) -> EditClass:
    """How far the edit goes: the graver of what happened to the subject and to the body."""
    seen = tuple(Claim.from_json(claim) for claim in before.claims)
    in_subject = classify_edit(before.subject, subject, (), ())
    return EditClass(gravest(in_subject, classify_edit(before.body, body, seen, claims)))


def clean_subject(subject: str) -> str:
    subject = subject.strip()
    if not subject:
        raise Unreadable("The subject is empty.")
    if len(subject) > MAX_SUBJECT:
        raise Unreadable(f"The subject is longer than {MAX_SUBJECT} characters.")
    if any(not character.isprintable() for character in subject):
        raise Unreadable("The subject holds a line break or a control character.")
    return subject


def clean_body(body: str) -> str:
    body = body.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not body:
        raise Unreadable("The text is empty.")
    if len(body) > MAX_BODY:
        raise Unreadable(f"The text is longer than {MAX_BODY:,} characters.")
    if any(category(character) == "Cc" and character not in "\n\t" for character in body):
        raise Unreadable("The text holds a control character.")
    return body
