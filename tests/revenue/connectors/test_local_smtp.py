import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.core.mail import EmailMessage

from revenue.connectors import local_smtp
from revenue.connectors.local_mailbox import find_by_message_id, keys_in, list_messages, path_of
from revenue.connectors.local_smtp import Keeper
from revenue.connectors.smtp import EmailBackend


def command(*options: str) -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), "local_mailbox", *options]


class Mailbox:
    """The command in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            command("--port", "0", "--dir", str(folder)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line.startswith("local mailbox on 127.0.0.1:"), line
        self.port = int(line.split(",")[0].rpartition(":")[2])

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Exit code and what was written to standard error."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=10)
        return self.process.returncode, errors


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    running = Mailbox(tmp_path / "mail")
    yield running
    if running.process.poll() is None:
        running.stop(signal.SIGKILL)
    running.process.communicate()


def mail(number: int, body: str = "Hello") -> EmailMessage:
    return EmailMessage(
        f"Subject {number}",
        body,
        "nick@example.org",
        ["ada@example.com"],
        headers={"Message-ID": f"<{number}@example.org>"},
    )


def send(mailbox: Mailbox, *mails: EmailMessage) -> None:
    EmailBackend(host="127.0.0.1", port=mailbox.port, timeout=5).send_messages(mails)


@pytest.mark.slow
def test_mailbox_keeps_mail_and_ends_cleanly(mailbox: Mailbox) -> None:
    send(mailbox, mail(1), mail(2))

    assert mailbox.stop() == (0, "")

    assert [kept.subject for kept in list_messages(mailbox.folder, limit=9)] == [
        "Subject 2",
        "Subject 1",
    ]


@pytest.mark.slow
def test_mailbox_finishes_a_mail_that_it_is_being_given(mailbox: Mailbox) -> None:
    with smtplib.SMTP("127.0.0.1", mailbox.port, timeout=5) as client:
        client.ehlo()
        client.mail("nick@example.org")
        client.rcpt("ada@example.com")
        mailbox.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)

        code, _ = client.data(b"Message-ID: <1@example.org>\r\n\r\nx\r\n")

        assert code == 250
    assert mailbox.process.wait(10) == 0
    assert len(find_by_message_id(mailbox.folder, "<1@example.org>")) == 1


@pytest.mark.slow
def test_mailbox_does_not_wait_for_idle_connections(mailbox: Mailbox) -> None:
    with socket.create_connection(("127.0.0.1", mailbox.port)):
        began = time.monotonic()

        assert mailbox.stop() == (0, "")

    assert time.monotonic() - began < local_smtp.DRAIN_SECONDS


@pytest.mark.slow
def test_mailbox_killed_at_any_moment_holds_what_it_accepted(mailbox: Mailbox) -> None:
    accepted: list[int] = []

    def keep_sending() -> None:
        backend = EmailBackend(host="127.0.0.1", port=mailbox.port, timeout=5, keep_open=True)
        with suppress(OSError):
            for number in range(100_000):
                backend.send_messages([mail(number)])
                accepted.append(number)

    sender = threading.Thread(target=keep_sending)
    sender.start()
    while len(accepted) < 20:
        time.sleep(0.01)
    mailbox.stop(signal.SIGKILL)
    sender.join()

    for number in accepted:
        assert len(find_by_message_id(mailbox.folder, f"<{number}@example.org>")) == 1
    assert len(keys_in(mailbox.folder)) - len(accepted) in {0, 1}


@pytest.mark.slow
def test_mailbox_on_a_taken_port_says_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        second = subprocess.run(
            command("--port", str(port), "--dir", str(tmp_path)),
            capture_output=True,
            text=True,
            check=False,
        )

    assert second.returncode == 1
    assert "The local mailbox can't start" in second.stderr
    assert "Traceback" not in second.stderr


@pytest.mark.slow
def test_mail_that_is_too_large_is_refused_for_good(mailbox: Mailbox) -> None:
    line = "word " * 100 + "\n"
    body = line * (local_smtp.LARGEST_MAIL // len(line) + 2)

    with pytest.raises(smtplib.SMTPResponseException) as caught:
        send(mailbox, mail(1, body))

    assert caught.value.smtp_code == 552
    assert keys_in(mailbox.folder) == []


def test_keeper_deletes_the_oldest_when_there_are_too_many(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path, most=20)
    keys = [keeper.keep("a@b.example", ["c@d.example"], b"\r\n\r\nx") for _ in range(21)]

    assert sorted(keys_in(tmp_path)) == keys[3:]
    assert keeper.count == 18


def test_keeper_clears_half_written_mails_and_counts_the_others(tmp_path: Path) -> None:
    Keeper(tmp_path).keep("a@b.example", ["c@d.example"], b"\r\n\r\nx")
    (tmp_path / "half.tmp").write_text("From: ")

    keeper = Keeper(tmp_path)

    assert keeper.count == 1
    assert not (tmp_path / "half.tmp").exists()


def test_keeper_puts_the_envelope_first_and_leaves_the_content_as_it_came(tmp_path: Path) -> None:
    content = b"Subject: x\r\n\r\n.\r\n\xff"

    key = Keeper(tmp_path).keep("nick@example.org", ["ü@example.com", "b@example.com"], content)

    assert path_of(tmp_path, key).read_bytes() == (
        b"Return-Path: <nick@example.org>\r\n"
        b"Delivered-To: \xc3\xbc@example.com\r\nDelivered-To: b@example.com\r\n" + content
    )
