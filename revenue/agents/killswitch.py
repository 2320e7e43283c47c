"""Stopping everything, one seat or one action, at once."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from revenue import ledger
from revenue.actors import Actor
from revenue.models import Action, KillSwitch, Seat, SwitchScope

LONGEST_REASON = 500


class UnknownTarget(Exception):
    """There is no such seat or action."""


class AlreadyReleased(Exception):
    """Somebody released this switch already."""


class ReasonMissing(Exception):
    """Releasing a switch needs a reason."""


def thrown() -> list[KillSwitch]:
    """The switches that are thrown now, the widest first."""
    return list(KillSwitch.objects.filter(released_at__isnull=True).order_by("scope", "id"))


def stopping(*, seat: str, action: str) -> KillSwitch | None:
    """The thrown switch that stops this seat from doing this action, if any."""
    return next((switch for switch in thrown() if concerns(switch, seat=seat, action=action)), None)


def concerns(switch: KillSwitch, *, seat: str, action: str) -> bool:
    """Whether this switch stops this seat from doing this action."""
    return (
        switch.scope == SwitchScope.EVERYTHING
        or (switch.scope == SwitchScope.SEAT and switch.target == seat)
        or (switch.scope == SwitchScope.ACTION and switch.target == action)
    )


def throw(*, scope: SwitchScope, target: str, reason: str, by: Actor, now: datetime) -> KillSwitch:
    """Throw a switch; throwing one that is thrown already answers with that one."""
    if not _target_exists(scope, target):
        raise UnknownTarget(UnknownTarget.__doc__)
    reason = reason.strip()[:LONGEST_REASON]
    try:
        with transaction.atomic():
            switch = KillSwitch.objects.create(
                scope=scope, target=target, reason=reason, thrown_at=now, thrown_by=str(by)
            )
            ledger.append(
                kind="kill_switch.thrown",
                subject=f"kill_switch:{switch.pk}",
                by=by,
                now=now,
                data={"scope": scope, "target": target, "reason": reason},
            )
    except IntegrityError:
        standing = KillSwitch.objects.filter(scope=scope, target=target, released_at=None).first()
        # Released since it was in our way: it has to be thrown after all.
        return standing or throw(scope=scope, target=target, reason=reason, by=by, now=now)
    return switch


@transaction.atomic
def release(*, switch_id: int, reason: str, by: Actor, now: datetime) -> None:
    """Let go again; the reason is required and goes into the ledger."""
    reason = reason.strip()[:LONGEST_REASON]
    if not reason:
        raise ReasonMissing(ReasonMissing.__doc__)
    released = KillSwitch.objects.filter(pk=switch_id, released_at__isnull=True).update(
        released_at=now, released_by=str(by), release_reason=reason
    )
    if not released:
        raise AlreadyReleased(AlreadyReleased.__doc__)
    ledger.append(
        kind="kill_switch.released",
        subject=f"kill_switch:{switch_id}",
        by=by,
        now=now,
        data={"reason": reason},
    )


def _target_exists(scope: SwitchScope, target: str) -> bool:
    if scope == SwitchScope.SEAT:
        return Seat.objects.filter(pk=target).exists()
    if scope == SwitchScope.ACTION:
        return Action.objects.filter(pk=target).exists()
    return target == ""
