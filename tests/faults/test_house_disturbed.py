"""The whole product delivers while its database, its broker and its worker are killed."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.faults.test_delivery_killed import smtp_process
from tests.faults.test_up import ROOT, Copy
from tests.support.smtp_server import Fault, kept_ids

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SENDS = 300
KILLS = 9
VICTIMS = ("postgres", "valkey", "celery")
FINISHED = {"sent", "uncertain"}


def ask(copy: Copy, *arguments: str) -> dict[str, str]:
    """Run the module of sends inside the house of this copy."""
    environment = {**copy.environment, "DJANGO_SETTINGS_MODULE": "revenue.settings"}
    answer = subprocess.run(
        [sys.executable, "-m", "tests.faults.sends", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        return {}  # the database is away at this moment
    found: dict[str, str] = json.loads(answer.stdout)
    return found


def kill_one(copy: Copy, name: str) -> bool:
    """Kill -9 one process of this kind; for the database its first, which ends them all."""
    for process in copy.family():
        try:
            command = " ".join(process.cmdline())
        except psutil.Error:
            continue
        if name in command and "up" not in process.cmdline()[-1:]:
            process.kill()
            return True
    return False


def test_mail_is_sent_once_while_database_broker_and_worker_die(tmp_path: Path) -> None:
    log = tmp_path / "kept"
    chance = random.Random(11)
    unhurried = Fault("after", slow=0.15)
    with smtp_process(log, unhurried) as port:
        copy = Copy(tmp_path / "var", extra={"EMAIL_URL": f"smtp://127.0.0.1:{port}"})
        try:
            copy.run()
            ids = ask(copy, str(SENDS))
            assert len(ids) == SENDS
            kills = dict.fromkeys(VICTIMS, 0)
            until = time.monotonic() + 200
            states: dict[str, str] = {}
            while not states or not set(states.values()) <= FINISHED:
                assert time.monotonic() < until, states
                if sum(kills.values()) < KILLS:
                    victim = VICTIMS[sum(kills.values()) % len(VICTIMS)]
                    kills[victim] += kill_one(copy, victim)
                    time.sleep(chance.uniform(0.5, 2.5))
                states = ask(copy, *(["recover"] if sum(kills.values()) == KILLS else []))
        finally:
            copy.close()

    kept = kept_ids(log)
    sent = {message_id for message_id, state in states.items() if state == "sent"}
    assert [message_id for message_id, n in kept.items() if n > 1] == []
    assert set(states) == set(ids)
    assert sent <= set(kept)
    assert set(kept) - sent <= {key for key, state in states.items() if state == "uncertain"}
    assert min(kills.values()) >= 2, kills
