"""Figures for whoever watches the house."""

import io
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from approvals.management.commands import status
from approvals.management.commands.status import HIGHEST, figures_at
from approvals.models import Send, SendState
from revenue import heartbeats, ledger
from revenue.actors import Actor
from revenue.agents import killswitch
from revenue.celery import SWEEPS
from revenue.models import LedgerCursor, LedgerHead, Mailbox, PolicyKind, SwitchScope
from revenue.policies import verdicts
from revenue.policies.counting import count_due
from revenue.policies.due import Said, keep_said
from tests.support.rows import FOUNDER, NOW, installed, make_mailbox, make_send

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def said(**options: Any) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("status", stdout=out, **options)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def figure(name: str) -> int:
    return figures_at(NOW + HOUR)[name]


def work(now: datetime) -> None:
    """Let every sweep of the schedule come to its end."""
    for name in SWEEPS:
        heartbeats.beat(name=name, now=now)


def test_a_quiet_house_needs_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(now=timezone.now())
    work(timezone.now())
    monkeypatch.setattr(status, "_workers_answer", lambda: True)
    monkeypatch.setitem(HIGHEST, "disk_used_percent", 100)

    code, text = said(json=True)

    found = json.loads(text)
    assert (code, found["too_high"]) == (0, [])
    assert found.keys() - {"too_high"} == HIGHEST.keys()


def test_silent_workers_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(now=timezone.now())
    work(timezone.now())
    monkeypatch.setattr(status, "_workers_answer", lambda: False)
    monkeypatch.setitem(HIGHEST, "disk_used_percent", 100)

    code, text = said()

    assert code == 1
    assert [line.split() for line in text.splitlines() if "too high" in line] == [
        ["workers_silent", "1", "too", "high:", "at", "most", "0"]
    ]


def test_the_newest_beat_counts_and_each_sweep_by_its_interval() -> None:
    work(NOW)
    heartbeats.beat(name="revenue.seal", now=NOW + HOUR)

    found = figures_at(NOW + HOUR + timedelta(seconds=61))

    late = sum(1 for name, seconds in SWEEPS.items() if seconds < 1000 and name != "revenue.seal")
    assert (found["pulse_age_s"], found["late_sweeps"]) == (61, late)


def test_sweeps_that_never_came_to_their_end_are_late() -> None:
    found = figures_at(NOW)

    assert (found["pulse_age_s"], found["late_sweeps"]) == (0, len(SWEEPS))


def test_no_broker_means_no_workers() -> None:
    assert status._workers_answer() is False


def test_the_age_of_what_nobody_sealed_counts() -> None:
    ledger.append(kind="test.done", subject="test:1", by=Actor.system("test"), now=NOW)

    assert figure("unsealed_age_s") == 3600


@pytest.mark.django_db(transaction=True)
def test_the_slowest_reader_of_the_ledger_counts() -> None:
    installed()
    ledger.seal_all()
    last = LedgerHead.objects.get().seq
    LedgerCursor.objects.create(consumer="quick", seq=last)
    LedgerCursor.objects.create(consumer="slow", seq=last - 3)

    assert figure("unread_events") == 3


def test_a_send_that_should_have_left_counts_and_a_future_one_does_not() -> None:
    installed()
    late = make_send(state=SendState.APPROVED)
    Send.objects.filter(pk=late.pk).update(leaves_at=NOW + HOUR / 2)
    assert figure("oldest_due_age_s") == 1800

    Send.objects.filter(pk=late.pk).update(leaves_at=NOW + 2 * HOUR)
    assert figure("oldest_due_age_s") == 0


def test_the_pace_of_a_mailbox_makes_nothing_late() -> None:
    installed()
    make_send(state=SendState.APPROVED)
    Mailbox.objects.update(next_send_at=NOW + HOUR - timedelta(seconds=5))

    assert figure("oldest_due_age_s") == 5


def test_what_was_stopped_is_not_late_but_counts_as_stopped() -> None:
    installed()
    make_send(state=SendState.APPROVED)
    mailbox = make_mailbox()
    Mailbox.objects.filter(pk=mailbox.pk).update(
        paused_at=NOW, paused_by=str(FOUNDER), pause_reason="A look at the bounces."
    )
    killswitch.throw(scope=SwitchScope.SEAT, target="prospector", reason="", by=FOUNDER, now=NOW)

    found = figures_at(NOW + HOUR)

    assert (found["oldest_due_age_s"], found["paused_mailboxes"], found["kill_switches"]) == (
        0,
        1,
        1,
    )


def test_states_that_need_a_person_are_counted() -> None:
    installed()
    make_send(state=SendState.UNCERTAIN)
    make_send(state=SendState.FAILED)
    make_send(state=SendState.SENDING)

    found = figures_at(NOW + HOUR)

    assert (found["uncertain"], found["failed_last_day"], found["expired_leases"]) == (1, 1, 1)
    assert figures_at(NOW + 25 * HOUR)["failed_last_day"] == 0


def test_a_rule_that_nobody_can_tell_is_counted() -> None:
    installed(now=NOW - timedelta(days=2))
    unknown = Said(unknown=("quiet-hours",), rule="quiet-hours").until(NOW)
    said_of_each = {f"send:{number}": unknown for number in range(20)}
    by = Actor.system("test")
    assert figure("rules_unable") == 0

    keep_said(verdicts.active(PolicyKind.SEND), said_of_each, by=by, now=NOW)
    count_due(now=NOW)

    assert figure("rules_unable") == 1
