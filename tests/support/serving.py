"""The web server as `make up` starts it, on the database of a test."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support import processes

WORKERS, THREADS = 2, 4


@contextmanager
def serving(settings: str = "revenue.settings") -> Iterator[int]:
    """The port of a server on the current database, as long as it is wanted."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--http", "1"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", str(WORKERS)]
    command += ["--blocking-threads", str(THREADS), "--blocking-threads-idle-timeout", "600"]
    command += ["--log-level", "warning", "revenue.wsgi:application"]
    variables = processes.variables() | {"DJANGO_SETTINGS_MODULE": settings}
    server = subprocess.Popen(command, cwd=processes.ROOT, env=variables, stdout=subprocess.DEVNULL)
    try:
        _wait_for(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Until each worker has most likely answered once."""
    give_up = time.monotonic() + 60
    answered = 0
    while answered < WORKERS * THREADS:
        if server.poll() is not None or time.monotonic() > give_up:
            raise AssertionError("the web server does not answer")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10):
                answered += 1
        except OSError:
            time.sleep(0.05)
