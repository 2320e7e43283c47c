import signal
import smtplib
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.smtp_server import Fault, SmtpServer, faults_as_json, kept_ids

Start = Callable[..., tuple[subprocess.Popen[str], int]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts the server as a process; returns it and its port."""
    running: list[subprocess.Popen[str]] = []

    def started(*options: str) -> tuple[subprocess.Popen[str], int]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.smtp_server", *options],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        running.append(process)
        assert process.stdout
        return process, int(process.stdout.readline().removeprefix("PORT "))

    yield started
    for process in running:
        process.kill()
        process.communicate()


def send(port: int, number: int, to: str = "ada@example.com") -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        client.sendmail("nick@example.org", to, f"Message-ID: <{number}@x.example>\r\n\r\nx\r\n")


def test_count_of_a_killed_server_is_what_it_accepted(start: Start, tmp_path: Path) -> None:
    log = tmp_path / "kept"
    faults = faults_as_json([Fault("rcpt", reply="550 5.1.1 Nobody", to="bad")])
    process, port = start("--log", str(log), "--faults", faults)
    for number in (1, 2, 2):
        send(port, number)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(port, 3, to="bad@example.com")

    process.send_signal(signal.SIGKILL)
    process.wait()
    _, again = start("--log", str(log), "--port", str(port))
    send(again, 4)

    assert again == port
    assert kept_ids(log) == Counter({"<1@x.example>": 1, "<2@x.example>": 2, "<4@x.example>": 1})


def test_server_process_ends_on_sigterm(start: Start) -> None:
    process, _ = start()

    process.terminate()

    assert process.wait(60) == 0


def test_fault_is_used_as_often_as_it_says() -> None:
    faults = [Fault("mail", reply="451 4.3.0 Later", first=1), Fault("after", drop=True, every=3)]
    with SmtpServer(faults=faults) as server:
        outcomes = []
        for number in range(7):
            try:
                send(server.port, number)
                outcomes.append("kept")
            except smtplib.SMTPSenderRefused:
                outcomes.append("refused")
            except smtplib.SMTPServerDisconnected:
                outcomes.append("dropped")

    assert outcomes == ["refused", "kept", "kept", "dropped", "kept", "kept", "dropped"]
    assert len(server.kept) == 4


def test_fault_by_chance_repeats_with_the_seed() -> None:
    def outcomes(seed: int) -> list[int]:
        with SmtpServer(faults=[Fault("after", drop=True, chance=0.5)], seed=seed) as server:
            for number in range(20):
                try:
                    send(server.port, number)
                except smtplib.SMTPServerDisconnected:
                    continue
        return [int(kept.message_id[1:].partition("@")[0]) for kept in server.kept]

    assert outcomes(1) == outcomes(1)
    assert 3 < len(outcomes(1)) < 17
    assert outcomes(1) != outcomes(2)
