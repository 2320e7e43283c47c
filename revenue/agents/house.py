"""How the house writes and decides, and the mailboxes that it sends from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, TypedDict

from django.core.exceptions import ValidationError
from django.db import models, transaction

from revenue import ledger
from revenue.actors import Actor
from revenue.models import House, Mailbox

SHORT = 200
"""Characters of a value that the ledger keeps word for word; of longer ones it keeps the name."""
NOT_ONE_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
PRIVATE = frozenset({"sender_name"})


class HouseChanges(TypedDict, total=False):
    """What may be set of the house; the units are those of ``models.House``."""

    label: str
    banned_phrases: list[str]
    hold_seconds: int
    policy_hold_seconds: int
    seeded_share: float
    catch_bar: float
    audited_bar: float
    trusted_bar: float
    due_hours: int
    expire_hours: int
    open_drafts: int
    deal_value_minor: int
    currency: str


class MailboxChanges(TypedDict, total=False):
    """What may be set of a mailbox; the units are those of ``models.Mailbox``."""

    address: str
    sender_name: str
    company: str
    postal_address: str
    time_zone: str
    warmup_started_on: date
    warmup_first_cap: int
    warmup_weekly_step: int
    cap_ceiling: int
    gap_min_s: int
    gap_max_s: int
    authenticated: bool


class ReasonMissing(Exception):
    """Pausing a mailbox needs a reason."""


class NotPossible(Exception):
    """Somebody paused or resumed this mailbox in the meantime."""


@transaction.atomic
def change_house(*, changes: HouseChanges, by: Actor, now: datetime) -> list[str]:
    """Set what differs and return its names; raises ValidationError for what can't be."""
    house = House.objects.select_for_update().get(pk=1)
    return _apply(house, changes, kind="house.changed", subject="house", by=by, now=now)


@transaction.atomic
def add_mailbox(*, fields: MailboxChanges, by: Actor, now: datetime) -> Mailbox:
    """Add an address to send from; raises ValidationError, also when we have it already."""
    mailbox = Mailbox(**fields)
    _check(mailbox, fields)
    mailbox.save(force_insert=True)
    _note("mailbox.added", mailbox, by=by, now=now)
    return mailbox


@transaction.atomic
def change_mailbox(
    *, mailbox_id: int, changes: MailboxChanges, by: Actor, now: datetime
) -> list[str]:
    """Set what differs and return its names; raises ValidationError for what can't be."""
    mailbox = Mailbox.objects.select_for_update().get(pk=mailbox_id)
    subject = f"mailbox:{mailbox.pk}"
    return _apply(mailbox, changes, kind="mailbox.changed", subject=subject, by=by, now=now)


@transaction.atomic
def pause_mailbox(*, mailbox_id: int, reason: str, by: Actor, now: datetime) -> None:
    """Let nothing leave from it until it is resumed; raises ReasonMissing and NotPossible."""
    reason = reason.strip()[:300]
    if not reason:
        raise ReasonMissing(ReasonMissing.__doc__)
    paused = Mailbox.objects.filter(pk=mailbox_id, paused_at=None).update(
        paused_at=now, paused_by=str(by), pause_reason=reason
    )
    if not paused:
        raise NotPossible(NotPossible.__doc__)
    mailbox = Mailbox.objects.get(pk=mailbox_id)
    _note("mailbox.paused", mailbox, by=by, now=now, reason=reason)


@transaction.atomic
def resume_mailbox(*, mailbox_id: int, by: Actor, now: datetime) -> None:
    """Let mail leave from it again; raises NotPossible."""
    resumed = Mailbox.objects.filter(pk=mailbox_id, paused_at__isnull=False).update(
        paused_at=None, paused_by=None, pause_reason=None
    )
    if not resumed:
        raise NotPossible(NotPossible.__doc__)
    _note("mailbox.resumed", Mailbox.objects.get(pk=mailbox_id), by=by, now=now)


def _apply(
    row: models.Model,
    changes: Mapping[str, Any],
    *,
    kind: str,
    subject: str,
    by: Actor,
    now: datetime,
) -> list[str]:
    before = {name: getattr(row, name) for name in changes}
    changed = [name for name, value in changes.items() if value != before[name]]
    if not changed:
        return []
    for name in changed:
        setattr(row, name, changes[name])
    _check(row, changed)
    row.save(update_fields=changed)
    data = {name: _recorded(name, before[name], getattr(row, name)) for name in changed}
    ledger.append(kind=kind, subject=subject, by=by, now=now, data=data)
    return changed


def _check(row: models.Model, names: Iterable[str]) -> None:
    """Raise ValidationError for a value among these, or for what they make of the whole row."""
    # Names and addresses go into the headers of mail.
    broken = [name for name in names if NOT_ONE_LINE.search(str(getattr(row, name)))]
    if broken:
        raise ValidationError(dict.fromkeys(broken, "This must be one line of plain text."))
    row.clean_fields(exclude={field.name for field in row._meta.fields} - set(names))
    row.validate_unique()
    row.validate_constraints()


def _recorded(name: str, before: Any, after: Any) -> object:
    """What the ledger keeps of a change: old and new, or for a list what came and went."""
    if name in PRIVATE:
        return "changed"
    if isinstance(after, list):
        return {"added": _without(after, before), "removed": _without(before, after)}
    pair = [value if isinstance(value, bool | int) else str(value) for value in (before, after)]
    return pair if all(len(str(value)) <= SHORT for value in pair) else "changed"


def _without(some: Iterable[str], others: Iterable[str]) -> list[str]:
    gone = set(others)
    return [one for one in some if one not in gone]


def _note(kind: str, mailbox: Mailbox, *, by: Actor, now: datetime, **data: object) -> None:
    ledger.append(kind=kind, subject=f"mailbox:{mailbox.pk}", by=by, now=now, data=data)
