"""Say whether the house works and what needs a person; exit code 1 if anything does."""

from __future__ import annotations

import json
import shutil
from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

import kombu
from celery import current_app
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.db.models import Max, Min, Q
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from approvals.delivery.claiming import due_sends
from approvals.models import Send, SendState
from revenue import heartbeats
from revenue.agents import killswitch
from revenue.models import LedgerCursor, LedgerEvent, Mailbox, PolicyKind
from revenue.policies.counting import rule_counts

DAY = timedelta(days=1)
PATIENCE = timedelta(minutes=5)
"""Beyond two of its intervals: a sweep may have much to do."""
HIGHEST = {
    "workers_silent": 0,
    "pulse_age_s": int(heartbeats.QUIET_FOR.total_seconds()),
    "late_sweeps": 0,
    "unsealed_age_s": 60,
    "unread_events": 5_000,
    "oldest_due_age_s": 15 * 60,
    "expired_leases": 0,
    "uncertain": 0,
    "failed_last_day": 0,
    "paused_mailboxes": 0,
    "kill_switches": 0,
    "rules_unable": 0,
    "disk_used_percent": 90,
}
"""What each figure may be at most before somebody should look; docs/operating.md says why."""


class Command(BaseCommand):
    """``status [--json]``: one figure a line, and which of them are too high."""

    help = __doc__ or ""
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Output for programs."""
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the figures."""
        try:
            figures = {"workers_silent": int(not _workers_answer()), **figures_at(timezone.now())}
        except DatabaseError as error:
            raise CommandError(f"The database does not answer: {error}") from error
        high = [name for name, value in figures.items() if value > HIGHEST[name]]
        if options["json"]:
            self.stdout.write(json.dumps({**figures, "too_high": high}))
        else:
            for name, value in figures.items():
                mark = f"  too high: at most {HIGHEST[name]}" if name in high else ""
                self.stdout.write(f"{name:20} {value:>8}{mark}")
        if high:
            raise SystemExit(1)


def figures_at(now: datetime) -> dict[str, int]:
    """What the database and the disk say; ages in whole seconds, 0 where nothing waits."""
    events = LedgerEvent.objects.aggregate(
        unsealed=Min("at", filter=Q(seq__isnull=True)), last=Max("seq")
    )
    slowest = LedgerCursor.objects.aggregate(seq=Min("seq"))["seq"] or 0
    sends = Send.objects.order_by()
    switches = killswitch.thrown()
    # A mailbox with a pace lets one send after the other wait.
    paced = Greatest("leaves_at", Coalesce("mailbox__next_send_at", "leaves_at"))
    due = due_sends(now, switches).filter(mailbox__paused_at__isnull=True)
    disk = shutil.disk_usage(settings.VAR if settings.VAR.exists() else settings.BASE_DIR)
    return {
        "pulse_age_s": heartbeats.pulse(now=now).age_s or 0,
        "late_sweeps": len(_late_sweeps(now)),
        "unsealed_age_s": _age(events["unsealed"], now),
        "unread_events": (events["last"] or 0) - slowest,
        "oldest_due_age_s": _age(due.aggregate(at=Min(paced))["at"], now),
        "expired_leases": sends.filter(state=SendState.SENDING, lease_until__lt=now).count(),
        "uncertain": sends.filter(state=SendState.UNCERTAIN).count(),
        "failed_last_day": sends.filter(state=SendState.FAILED, state_at__gte=now - DAY).count(),
        "paused_mailboxes": Mailbox.objects.filter(paused_at__isnull=False).count(),
        "kill_switches": len(switches),
        "rules_unable": sum(
            bool(count.alarm)
            for kind in PolicyKind
            for count in rule_counts(kind, now=now).values()
        ),
        "disk_used_percent": round(100 * disk.used / disk.total),
    }


def _age(moment: datetime | None, now: datetime) -> int:
    return max(int((now - moment).total_seconds()), 0) if moment else 0


def _late_sweeps(now: datetime) -> list[str]:
    """Sweeps of the schedule that have not come to their end for too long, or never."""
    known = heartbeats.beats()
    return [
        name
        for name, entry in current_app.conf.beat_schedule.items()
        if name not in known
        or now - known[name] > PATIENCE + timedelta(seconds=2 * entry["schedule"])
    ]


def _workers_answer() -> bool:
    try:
        return bool(current_app.control.ping(timeout=2))
    except (kombu.exceptions.OperationalError, OSError):
        return False
