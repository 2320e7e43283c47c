"""Mails a second to a real SMTP server, beside a bare loop of smtplib to the same server."""

from __future__ import annotations

import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from approvals.delivery.sending import OWN_SMTP, deliver_due, outgoing
from approvals.models import Send, SendState
from revenue.actors import Actor
from revenue.conversation.outgoing import MailParts, OutgoingMail, render_parts
from tests.benchmarks.filling import PROTOTYPES, approve_all, fill
from tests.benchmarks.table import Row, at_least, times
from tests.benchmarks.timing import stopwatch
from tests.faults.sends import open_hours
from tests.support import processes
from tests.support.smtp_server import kept_ids

TURNS = 4
WORKERS = 4
"""As many as `make up` starts."""
WORKER = """
import sys, time
from pathlib import Path
from django.conf import settings
from django.utils import timezone
from approvals.delivery.sending import OWN_SMTP, deliver_due
from revenue.actors import Actor
settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = OWN_SMTP, "127.0.0.1", {port}
deliver_due(by=Actor.system("warming-{number}"), clock=timezone.now, limit=1)
print("ready", flush=True)
while not Path({gate!r}).exists():
    time.sleep(0.005)
while deliver_due(by=Actor.system("bench-{number}"), clock=timezone.now):
    pass
"""
SPAN = """
    select extract(epoch from max(finished_at) - min(started_at)), count(*)
    from approvals_attempt where started_by like 'system:bench-%'
"""


def measure(*, mails: int, prototypes: int = PROTOTYPES, workers: int = WORKERS) -> list[Row]:
    """Rows for the current, installed and empty database: half by one worker, half by several."""
    now = timezone.now()
    fill(mails, now=now, prototypes=prototypes)
    open_hours()
    approve_all(now=now)
    with tempfile.TemporaryDirectory() as folder, mail_server(Path(folder, "log")) as port:
        settings.EMAIL_BACKEND, settings.EMAIL_HOST = OWN_SMTP, "127.0.0.1"
        settings.EMAIL_PORT = port
        one, bare, resent = _by_one(mails // 2, port)
        several = _by_several(workers, port, Path(folder, "gate"))
        kept = kept_ids(Path(folder, "log"))
    unsent = Send.objects.exclude(state=SendState.SENT).count()
    twice = sum(kept.values()) - resent - mails
    return [
        _row("mails delivered by one worker", one, bare, 0.5),
        _row(f"mails delivered by {workers} workers", several, bare),
        Row(
            f"of these {mails:,}, lost or sent twice",
            f"{unsent + abs(twice)}",
            target="0",
            verdict="met" if unsent == twice == 0 else "MISSED",
        ),
    ]


def _row(what: str, rate: float, bare: float, target: float | None = None) -> Row:
    ratio = rate / bare
    return Row(
        what,
        f"{rate:,.0f}/s",
        f"smtplib {bare:,.0f}/s",
        times(ratio),
        f"≥ {times(target)}" if target else "",
        at_least(ratio, target) if target else "",
    )


def _by_one(mails: int, port: int) -> tuple[float, float, int]:
    """Rates of one worker and of the bare loop, in turns, and how many the loop has sent."""
    by = Actor.system("worker")
    deliver_due(by=by, clock=timezone.now, limit=1)
    each = mails // TURNS
    seconds = bare_seconds = 0.0
    bare_mails = mails_like_ours(each)

    def deliver() -> None:
        left = each
        while left:
            delivered = deliver_due(by=by, clock=timezone.now, limit=min(left, 25))
            assert delivered, "nothing is due any more"
            left -= delivered

    for _ in range(TURNS):
        seconds += stopwatch(deliver)
        bare_seconds += stopwatch(lambda: bare_loop(bare_mails, port))
    return TURNS * each / seconds, TURNS * each / bare_seconds, TURNS * each


def _by_several(workers: int, port: int, gate: Path) -> float:
    """The rate of worker processes that deliver what is left, from the first mail to the last."""
    running = [
        processes.start(WORKER.format(port=port, gate=str(gate), number=number))
        for number in range(workers)
    ]
    for process in running:
        assert process.stdout
        process.stdout.readline()
    time.sleep(0.2)
    gate.touch()
    for process in running:
        process.communicate(timeout=600)
    with connection.cursor() as cursor:
        cursor.execute(SPAN)
        seconds, count = cursor.fetchone()
    return float(count / seconds)


def mails_like_ours(count: int) -> list[tuple[OutgoingMail, MailParts]]:
    """What the worker sends, read and rendered beforehand."""
    sends = Send.objects.select_related("mailbox", "revision").order_by("id")[:count]
    mails = [outgoing(send, send.revision, now=timezone.now()) for send in sends if send.revision]
    return [
        (mail, render_parts(mail.body, mail.footer, unsubscribe_url=mail.unsubscribe_url))
        for mail in mails
    ]


def bare_loop(mails: list[tuple[OutgoingMail, MailParts]], port: int) -> None:
    """Compose each mail with the standard library and send it, as one writes it in ten lines."""
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        for mail, parts in mails:
            message = EmailMessage()
            message["From"] = f"{mail.from_name} <{mail.from_address}>"
            message["To"] = f"{mail.to_name} <{mail.to_address}>"
            message["Subject"] = mail.subject
            message["Message-ID"] = f"<bare-{mail.message_id[1:]}"
            message["Date"] = format_datetime(mail.sent_at)
            message["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
            message.set_content(parts.text)
            message.add_alternative(parts.html, subtype="html")
            client.send_message(message)


@contextmanager
def mail_server(log: Path) -> Iterator[int]:
    """An SMTP server as a process of its own, which notes what it took; its port."""
    command = [sys.executable, "-m", "tests.support.smtp_server", "--log", str(log)]
    server = subprocess.Popen(command, cwd=processes.ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout
        yield int(server.stdout.readline().removeprefix("PORT "))
    finally:
        server.terminate()
        server.communicate(timeout=30)
