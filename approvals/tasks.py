"""Sweeps: each looks for due rows, so that a lost message loses nothing."""

from __future__ import annotations

import os
import socket
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from approvals import bulk, findings, intake, rejudging, severe, sweeping
from approvals.changes.deciding import take_effect_due
from approvals.delivery.sending import deliver_due
from approvals.delivery.settling import recover_expired
from approvals.drafting import order_drafts
from approvals.expiring import end_what_ran_out
from revenue import ledger
from revenue.actors import Actor
from revenue.models import PolicyKind
from revenue.policies import verdicts

BUSY_FOR = timedelta(seconds=20)


def active_version() -> int | None:
    """The send policy that delivery obeys; one statement."""
    try:
        return verdicts.active(PolicyKind.SEND).version_id
    except verdicts.NoActivePolicy:
        return None


def worker() -> Actor:
    return Actor.system(f"delivery-{socket.gethostname()[:24]}-{os.getpid()}")


@shared_task(name="approvals.deliver")
def deliver() -> None:
    """Send what is due, batch after batch, for a while; nothing while no mail is set up."""
    by = worker()
    recover_expired(by=by, now=timezone.now())
    if not settings.MAIL_READY:
        return
    until, policy = timezone.now() + BUSY_FOR, active_version()
    while timezone.now() < until and deliver_due(by=by, clock=timezone.now):
        if active_version() != policy:
            return  # what waits is judged again first; that needs a worker


@shared_task(name="approvals.listen")
def listen() -> None:
    """Hear from the ledger what happened below."""
    while ledger.consume(intake.CONSUMER, intake.take_in):
        pass
    while ledger.consume(sweeping.CONSUMER, sweeping.react):
        pass
    while ledger.consume(findings.CONSUMER, findings.react):
        pass
    while ledger.consume(severe.CONSUMER, severe.react):
        pass


@shared_task(name="approvals.tick")
def tick() -> None:
    """Wake what was snoozed, let go of what expired."""
    now = timezone.now()
    sweeping.wake_snoozed(now=now)
    sweeping.expire_pending(now=now)


@shared_task(name="approvals.rejudge")
def rejudge() -> None:
    """Let a new send policy reach what waits."""
    rejudging.rejudge_waiting(clock=timezone.now, busy_for=BUSY_FOR)


@shared_task(name="approvals.changes")
def change() -> None:
    """Let changes take effect whose time has come, and close what was overtaken."""
    take_effect_due(now=timezone.now())


@shared_task(name="approvals.authority")
def end_authority() -> None:
    """End or lower what was granted for a time, or on evidence, that has run out."""
    end_what_ran_out(now=timezone.now())


@shared_task(name="approvals.bulk")
def carry_out_bulks() -> None:
    """Go on with bulk orders that are not finished."""
    for order in bulk.open_bulks():
        while bulk.carry_out(bulk=order, now=timezone.now()):
            pass


@shared_task(name="approvals.draft")
def draft() -> None:
    """Let the drafting seats write while there is room in the queue."""
    order_drafts(now=timezone.now())
