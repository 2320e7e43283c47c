"""A send is let go as a whole or not at all, whenever its worker is killed."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter

import pytest
from django.db import connection
from django.utils import timezone

from approvals.models import Audit, Channel, Choice, Decision, Send, SendState
from revenue.models import Draft, LedgerEvent
from tests.approvals.granting import granted
from tests.faults.nursery import Nursery
from tests.support.rows import installed, make_draft

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.timeout(480),
]
DRAFTS, KILLS, PER_DAY = 120, 30, 60


def kill_while_opening() -> int:
    """Let one worker open all drafts, killed again and again in the middle; how many kills."""
    environment = {"TEST_DATABASE": str(connection.settings_dict["NAME"])}
    nursery = Nursery(1.0, environment, work="open")
    chance, kills, pid = random.Random(3), 0, nursery.fork()
    until = time.monotonic() + 380
    try:
        while (opened := Send.objects.count()) < DRAFTS:
            assert time.monotonic() < until, Counter(Send.objects.values_list("state", flat=True))
            if kills < KILLS and opened > kills * DRAFTS / (KILLS + 1):
                time.sleep(chance.uniform(0.0, 0.06))
                os.kill(pid, signal.SIGKILL)
                pid, kills = nursery.fork(), kills + 1
            time.sleep(0.005)
    finally:
        nursery.close()
        os.kill(pid, signal.SIGKILL)
    return kills


def test_worker_killed_while_letting_go_leaves_nothing_half_done() -> None:
    installed(now=timezone.now())
    by = granted(3, per_day=PER_DAY, now=timezone.now())
    for _ in range(DRAFTS):
        make_draft(written_at=timezone.now())

    kills = kill_while_opening()

    assert kills == KILLS
    assert Draft.objects.count() == Send.objects.count() == DRAFTS
    decisions = Decision.objects.filter(
        choice=Choice.APPROVE, channel=Channel.POLICY, authority=by, verdict__isnull=False
    )
    approved = Send.objects.filter(state=SendState.APPROVED)
    assert set(approved.values_list("approval", flat=True)) == set(
        decisions.values_list("pk", flat=True)
    )
    assert approved.count() == PER_DAY == Decision.objects.count()
    told = LedgerEvent.objects.filter(kind="send.approved").values_list("subject", flat=True)
    assert sorted(told) == sorted(f"send:{pk}" for pk in approved.values_list("pk", flat=True))
    assert LedgerEvent.objects.filter(kind="send.opened").count() == DRAFTS
    audited = Audit.objects.values_list("send", flat=True)
    assert set(audited) == set(Send.objects.filter(draw__lt=0.1).values_list("pk", flat=True))
    assert set(Send.objects.filter(pk__in=audited).values_list("state", flat=True)) == {"pending"}
