"""Mail is sent at most once and never lost, whatever is killed at whatever instant."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from approvals.models import Send, SendState
from tests.faults.nursery import Nursery
from tests.faults.sends import approve
from tests.support.rows import NOW
from tests.support.smtp_server import Fault, faults_as_json, kept_ids

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.timeout(900),
]

LEASE = 1.0
KILLS = 220
UNFINISHED = (SendState.APPROVED, SendState.SENDING)
ROOT = Path(__file__).resolve().parent.parent.parent


@contextmanager
def smtp_process(log: Path, *faults: Fault) -> Iterator[int]:
    """The SMTP server as a process of its own, with a durable log of what it kept."""
    command = [sys.executable, "-m", "tests.support.smtp_server", "--port", "0", "--log", str(log)]
    if faults:
        command += ["--faults", faults_as_json(faults)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline().split()[-1])
        finally:
            process.terminate()


def run(
    port: int, *, workers: int, disturb: Callable[[list[int], Nursery], None], limit: float
) -> None:
    """Let workers deliver until nothing is left, disturbing them all the while."""
    name = str(connection.settings_dict["NAME"])
    environment = {"EMAIL_URL": f"smtp://127.0.0.1:{port}", "TEST_DATABASE": name}
    nursery = Nursery(LEASE, environment)
    pids = [nursery.fork() for _ in range(workers)]
    until = time.monotonic() + limit
    try:
        while Send.objects.filter(state__in=UNFINISHED).exists():
            assert time.monotonic() < until, Counter(Send.objects.values_list("state", flat=True))
            disturb(pids, nursery)
    finally:
        nursery.close()
        for pid in pids:
            os.kill(pid, signal.SIGKILL)


def assert_never_twice_never_lost(ids: dict[str, int], log: Path) -> Counter[str]:
    """Each mail arrived once and is sent, or is listed as uncertain; returns counts by state."""
    kept = kept_ids(log)
    sends = Send.objects.filter(pk__in=ids.values())
    states = dict(sends.values_list("message_id", "state"))
    assert {message_id: n for message_id, n in kept.items() if n > 1} == {}
    assert set(kept) <= set(ids)
    sent = {message_id for message_id, state in states.items() if state == SendState.SENT}
    uncertain = {key for key, state in states.items() if state == SendState.UNCERTAIN}
    assert sent <= set(kept)
    assert set(kept) - sent <= uncertain
    assert sent | uncertain == set(ids)
    return Counter(states.values())


def test_workers_killed_two_hundred_times_send_each_mail_at_most_once(tmp_path: Path) -> None:
    ids = approve(2000)
    log = tmp_path / "kept"
    chance = random.Random(7)
    kills = 0
    next_kill_at = 1

    def kill_one(pids: list[int], nursery: Nursery) -> None:
        """After a few more mails have arrived, and then at any instant of the next."""
        nonlocal kills, next_kill_at
        arrived = sum(kept_ids(log).values())
        if arrived < next_kill_at or kills == KILLS:
            time.sleep(0.01)
            return
        time.sleep(chance.uniform(0.0, 0.02))
        place = chance.randrange(len(pids))
        os.kill(pids[place], signal.SIGKILL)
        pids[place] = nursery.fork()
        kills += 1
        next_kill_at = arrived + chance.randint(1, 14)

    with smtp_process(log) as port:
        run(port, workers=3, disturb=kill_one, limit=700)

    counts = assert_never_twice_never_lost(ids, log)
    assert kills == KILLS
    assert 0 < counts[SendState.UNCERTAIN] <= kills


@pytest.mark.parametrize(
    "fault",
    [
        Fault("data", drop=True, chance=0.15),
        Fault("content", drop=True, chance=0.15),
        Fault("after", drop=True, keep=True, chance=0.15),
        Fault("after", drop=True, keep=False, chance=0.15),
    ],
    ids=["before", "during", "after-kept", "after-lost"],
)
def test_connection_dropped_around_the_content_never_sends_twice(
    tmp_path: Path, fault: Fault
) -> None:
    ids = approve(150)
    log = tmp_path / "kept"

    def let_retries_come(_pids: list[int], _nursery: Nursery) -> None:
        time.sleep(0.2)
        Send.objects.filter(state=SendState.APPROVED).update(leaves_at=NOW)

    with smtp_process(log, fault) as port:
        run(port, workers=3, disturb=let_retries_come, limit=120)

    counts = assert_never_twice_never_lost(ids, log)
    if fault.stage == "data":
        assert counts == {SendState.SENT: 150}
    else:
        assert counts[SendState.UNCERTAIN] > 0
