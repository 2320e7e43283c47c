"""A backtest loses and repeats nothing, whatever is killed at whatever instant."""

from __future__ import annotations

import random
import signal
import subprocess
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from revenue.models import Backtest, BacktestSlice, LedgerEvent, PolicyState, PolicyVersion
from revenue.policies import backtesting
from revenue.policies.backtesting import advance, order_backtest
from revenue.policies.findings import findings_of
from tests.revenue.policies.test_backtesting import (
    BEFORE,
    CAFE,
    CHAIN_CLINIC,
    CLINIC,
    DENTAL,
    DENTIST,
    HEALTH,
    candidate,
    judged,
    rule,
    text,
)
from tests.support import processes
from tests.support.rows import ADMIN, NOW, publish_text

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

SEEN = [CLINIC, CHAIN_CLINIC, DENTAL, CAFE]
KILLS = 5
WORKER = """
import sys, time
from django.utils import timezone
from revenue.models import Backtest
from revenue.policies.backtesting import finish, judge_next_slice
backtest = Backtest.objects.get()
while judge_next_slice(backtest=backtest, now=timezone.now()):
    print("judged", flush=True)
    time.sleep(0.01)
finish(backtest=backtest, now=timezone.now())
"""
UNCOMMITTED = """
import time
from django.db import transaction
from django.utils import timezone
from revenue.models import Backtest
from revenue.policies.backtesting import judge_next_slice
with transaction.atomic():
    judge_next_slice(backtest=Backtest.objects.get(), now=timezone.now())
    print("judged", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def ordered(monkeypatch: pytest.MonkeyPatch) -> Backtest:
    """A backtest of 120 slices that nobody has begun."""
    monkeypatch.setattr(backtesting, "SLICE", 5)
    publish_text(text(*BEFORE))
    judged(*SEEN * 150)
    version = candidate(rule("dentist", DENTIST, "hold"), rule("health", HEALTH, "allow"))
    return order_backtest(version=version, by=ADMIN, now=NOW)


def killed_after(process: subprocess.Popen[str], lines: int) -> None:
    """Kill it once it has said so much, wherever it then is."""
    assert process.stdout is not None
    for _ in range(lines):
        assert process.stdout.readline() == "judged\n"
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=20)
    process.stdout.close()


def finish_it(backtest: Backtest) -> None:
    advance(backtest=backtest, deadline=timezone.now() + timedelta(minutes=1))


def told(backtest: Backtest) -> tuple[dict[str, dict[str, int]], list[Any]]:
    parts = backtest.slices.order_by("number")
    moved = list(parts.values_list("newly_allowed", "newly_held", "newly_denied"))
    return findings_of(backtest).counts, moved


def assert_it_is_whole(backtest: Backtest) -> None:
    """It says what a backtest says that nobody disturbed, and finished once."""
    backtest.refresh_from_db()
    assert backtest.finished_at is not None
    again = order_backtest(version=backtest.policy, by=ADMIN, now=NOW)
    finish_it(again)
    assert told(backtest) == told(again)
    assert findings_of(backtest).asked == len(SEEN) * 150
    finished = LedgerEvent.objects.filter(kind="backtest.finished", data__backtest=backtest.pk)
    assert finished.count() == 1
    version = PolicyVersion.objects.get(pk=backtest.policy_id)
    steps = version.steps.filter(state=PolicyState.BACKTESTED)
    assert (version.state, steps.count()) == (PolicyState.BACKTESTED, 1)


def test_workers_that_are_killed_lose_and_repeat_nothing(ordered: Backtest) -> None:
    draw = random.Random(20261118)
    done = 0
    for _ in range(KILLS):
        killed_after(processes.start(WORKER), draw.randint(1, 12))
        before, done = done, findings_of(ordered).done
        assert done > before

    assert done < findings_of(ordered).slices
    finish_it(ordered)

    assert_it_is_whole(ordered)


def test_a_slice_that_was_judged_and_not_committed_is_judged_by_another(ordered: Backtest) -> None:
    first = ordered.slices.earliest("number")
    killed_after(processes.start(UNCOMMITTED), 1)

    finish_it(ordered)

    first.refresh_from_db()
    assert first.done_at is not None
    assert_it_is_whole(ordered)


def test_a_worker_killed_before_it_finished_leaves_the_end_to_another(ordered: Backtest) -> None:
    while backtesting.judge_next_slice(backtest=ordered, now=NOW):
        pass
    assert not BacktestSlice.objects.filter(done_at__isnull=True).exists()
    assert list(backtesting.unfinished()) == [ordered]

    finish_it(ordered)

    assert_it_is_whole(ordered)
