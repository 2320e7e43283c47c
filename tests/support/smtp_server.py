"""A real SMTP server for tests that can fail at any point of the conversation.

In a test: ``with SmtpServer(faults=[Fault("rcpt", reply="550 5.1.1 No such user")]) as server:``.
As a process: ``python -m tests.support.smtp_server --port 0 --log FILE --faults JSON`` prints
``PORT n`` and ends on SIGTERM. ``kept_ids(FILE)`` counts what it kept, even after a kill.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import signal
import socket
import ssl
import sys
import threading
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.support.smtp_conversation import (
    PASSWORD,
    USER,
    Conversation,
    Fault,
    Kept,
    Listener,
    Stage,
    State,
)

__all__ = [
    "CERTIFICATE",
    "PASSWORD",
    "USER",
    "Fault",
    "Kept",
    "SmtpServer",
    "Stage",
    "faults_as_json",
    "faults_from_json",
    "kept_ids",
]

CERTIFICATE = Path(__file__).with_name("localhost.pem")
"""Self-signed for localhost and 127.0.0.1, with its key; of use to nobody but these tests."""


class _Server(Listener):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, state: State, *, tls: bool, tls_only: bool, login: bool) -> None:
        self.state = state
        self.login = login
        self.tls = tls_context() if tls or tls_only else None
        super().__init__(("127.0.0.1", port), Conversation)
        self.tls_only = tls_only
        self.open_sockets: set[socket.socket] = set()

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        connection, peer = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls_only and self.tls:
            connection = self.tls.wrap_socket(connection, server_side=True)
        self.open_sockets.add(connection)
        return connection, peer

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that gave up, or refused our certificate, is part of the tests."""


@dataclass(slots=True)
class SmtpServer:
    """The server in a thread of the test's own process, on a free port of 127.0.0.1."""

    faults: Iterable[Fault] = ()
    log: Path | None = None
    tls: bool = False
    tls_only: bool = False
    login: bool = False
    port: int = 0
    seed: int = 0
    state: State = field(init=False)
    _started: bool = field(default=False, init=False)
    _server: _Server = field(init=False)
    _thread: threading.Thread = field(init=False)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen; a stopped server may be started again, on the same port and state."""
        if not self._started:
            self.state = State(tuple(self.faults), self.log, random.Random(self.seed))
            self._started = True
        self._server = _Server(
            self.port, self.state, tls=self.tls, tls_only=self.tls_only, login=self.login
        )
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and end every connection."""
        self._server.shutdown()
        self._thread.join()
        for connection in self._server.open_sockets:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self._server.server_close()

    @property
    def kept(self) -> list[Kept]:
        """The mails it took, in order, the ones it never answered for included."""
        with self.state.lock:
            return list(self.state.kept)

    @property
    def connections(self) -> int:
        return self.state.connections

    def set_faults(self, *faults: Fault) -> None:
        """From now on, fail in these ways only."""
        with self.state.lock:
            self.state.faults = faults
            self.state.seen.clear()
            self.state.used.clear()


def kept_ids(log: Path) -> Counter[str]:
    """How often each Message-ID was kept, from a server's log file."""
    if not log.exists():
        return Counter()
    lines = log.read_text("utf-8").splitlines()
    return Counter(line.partition("\t")[0] for line in lines)


def faults_from_json(text: str) -> tuple[Fault, ...]:
    """Faults from a JSON list of objects with the fields of ``Fault``."""
    return tuple(Fault(**fields) for fields in json.loads(text or "[]"))


def faults_as_json(faults: Iterable[Fault]) -> str:
    """The text that ``--faults`` takes."""
    return json.dumps([dataclasses.asdict(fault) for fault in faults])


def tls_context() -> ssl.SSLContext:
    """A server context with the self-signed certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def main(arguments: list[str]) -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--faults", type=faults_from_json, default=())
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--login", action="store_true")
    options = parser.parse_args(arguments)
    server = SmtpServer(**vars(options))
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with server:
        sys.stdout.write(f"PORT {server.port}\n")
        sys.stdout.flush()
        stopped.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
