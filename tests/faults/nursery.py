"""Workers that deliver, open, decide, publish or judge, and can be killed by the dozen.

Run as a process: it imports everything once, then forks a worker for each line ``fork`` that it
reads, and answers with the worker's pid. A fork costs milliseconds where a start costs a second.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


class Nursery:
    """The parent's end: ``fork()`` gives the pid of a fresh worker.

    It does the work that it is told, or else that of the nursery.
    """

    def __init__(
        self, lease_seconds: float, environment: dict[str, str], *, work: str = "deliver"
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery", str(lease_seconds), work],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._read("ready")

    def fork(self, work: str = "") -> int:
        assert self._process.stdin is not None
        self._process.stdin.write(f"fork {work}\n")
        self._process.stdin.flush()
        return int(self._read("worker"))

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()

    def _read(self, word: str) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().split()
        if not line or line[0] != word:
            raise RuntimeError(f"the nursery said {line}")
        return line[-1]


def main(lease: timedelta, work: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "revenue.settings")
    import django  # noqa: PLC0415

    django.setup()
    from django.conf import settings  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from approvals.delivery import sending  # noqa: PLC0415

    connection.settings_dict["NAME"] = os.environ["TEST_DATABASE"]
    settings.EMAIL_BACKEND = sending.OWN_SMTP
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            WORKS[line.removeprefix("fork").strip() or work](lease)
        print("worker", pid, flush=True)


def open_drafts(_lease: timedelta) -> None:
    """Open the sends of drafts until killed, the newest first."""
    import time  # noqa: PLC0415

    from django.utils import timezone  # noqa: PLC0415

    from approvals.intake import open_send  # noqa: PLC0415
    from approvals.models import Send  # noqa: PLC0415
    from revenue.models import Draft  # noqa: PLC0415

    while True:
        known = Send.objects.values("draft")
        draft = Draft.objects.exclude(pk__in=known).order_by("-pk").first()
        if draft is None:
            time.sleep(0.02)
        else:
            open_send(draft=draft, now=timezone.now())


def decide(_lease: timedelta) -> None:
    """Approve whatever stands with a planted fault, until killed."""
    import time  # noqa: PLC0415

    from django.utils import timezone  # noqa: PLC0415

    from approvals import deciding  # noqa: PLC0415
    from approvals.models import Choice, Send  # noqa: PLC0415
    from revenue.actors import Actor  # noqa: PLC0415

    ruling = deciding.Ruling(choice=Choice.APPROVE)
    by = Actor("person", "1")
    while True:
        send = Send.objects.filter(revision_planted=True).order_by("id").first()
        if send is None:
            time.sleep(0.02)
            continue
        deciding.decide(
            send_id=send.pk,
            revision_id=send.revision_id or 0,
            ruling=ruling,
            by=by,
            now=timezone.now(),
        )


def deliver(lease: timedelta) -> None:
    """Deliver until killed."""
    import time  # noqa: PLC0415

    from django.utils import timezone  # noqa: PLC0415

    from approvals.delivery.sending import deliver_due  # noqa: PLC0415
    from approvals.delivery.settling import recover_expired  # noqa: PLC0415
    from approvals.tasks import worker  # noqa: PLC0415

    by = worker()
    while True:
        recover_expired(by=by, now=timezone.now())
        if not deliver_due(by=by, clock=timezone.now, lease=lease):
            time.sleep(0.02)


def judge_again(_lease: timedelta) -> None:
    """Let each new policy reach what waits, until killed."""
    import time  # noqa: PLC0415

    from django.utils import timezone  # noqa: PLC0415

    from approvals import rejudging  # noqa: PLC0415

    rejudging.BATCH = 20
    while True:
        rejudging.rejudge_waiting(clock=timezone.now, busy_for=timedelta(seconds=5))
        time.sleep(0.02)


def publish(_lease: timedelta) -> None:
    """Publish one version after the other, each when a mail was begun under it, until killed."""
    import time  # noqa: PLC0415

    from django.db import IntegrityError  # noqa: PLC0415

    from approvals.models import Attempt  # noqa: PLC0415
    from revenue.policies.versions import CannotPublish  # noqa: PLC0415
    from tests.faults.policies import publish_next  # noqa: PLC0415

    while True:
        try:
            version = publish_next()
        except (CannotPublish, IntegrityError):
            # The database was still committing what a killed publisher had ordered last.
            continue
        while not Attempt.objects.filter(policy=version).exists():
            time.sleep(0.01)


WORKS = {
    "deliver": deliver,
    "open": open_drafts,
    "decide": decide,
    "judge": judge_again,
    "publish": publish,
}

if __name__ == "__main__":
    main(timedelta(seconds=float(sys.argv[1])), sys.argv[2])
