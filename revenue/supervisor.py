"""Keeps child processes running, and ends them in order."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from revenue import launch

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_AFTER = 60.0
"""Seconds: a child that ran this long starts again at the first pause."""
LONGEST_LOG = 20 * 1024 * 1024
"""Bytes."""


class Running(Protocol):
    """A started service: its process, and how it is stopped."""

    @property
    def process(self) -> subprocess.Popen[bytes]: ...

    def stop(self, timeout: float = ...) -> None: ...


@dataclass(slots=True)
class Program:
    """A process in a session of its own, so that Ctrl-C reaches us alone and we decide the order.

    `drain` is how many seconds it may take to finish what it is doing.
    """

    process: subprocess.Popen[bytes]
    drain: float

    def stop(self, timeout: float | None = None) -> None:
        """Ask, wait, then end it with all of its own children."""
        if self.process.poll() is None:
            self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(self.drain if timeout is None else timeout)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def start_program(
    command: list[str], *, folder: Path, log: Path, variables: dict[str, str], drain: float
) -> Program:
    """Start a program that writes to `log` and ends with us, however we end."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        process = subprocess.Popen(
            launch.command(command),
            cwd=folder,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    return Program(process, drain)


def put_long_logs_aside(folder: Path) -> None:
    """Keep one earlier part of each log that grew too long; the programs go on appending."""
    for log in folder.glob("*.log"):
        if log.stat().st_size > LONGEST_LOG:
            shutil.copyfile(log, log.with_suffix(".log.1"))
            os.truncate(log, 0)


@dataclass(slots=True)
class Child:
    """One kept service, with what is needed to start it again."""

    name: str
    start: Callable[[], Running]
    running: Running
    started: float
    pause: float = FIRST_PAUSE
    restart_at: float | None = None


@dataclass(slots=True)
class Supervisor:
    """Starts services in order, starts again what ends, stops all in the reverse order."""

    say: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    children: list[Child] = field(default_factory=list)

    def add(self, name: str, start: Callable[[], Running]) -> None:
        """Start a service and keep it running from now on."""
        self.children.append(Child(name, start, start(), self.clock()))

    def look(self) -> None:
        """Start again, after a growing pause, whatever has ended."""
        for child in self.children:
            if child.restart_at is None:
                self._look_at(child)
            elif self.clock() >= child.restart_at:
                self._restart(child)

    def _look_at(self, child: Child) -> None:
        code = child.running.process.poll()
        if code is None:
            return
        child.running.stop()  # what it left behind
        if self.clock() - child.started > STEADY_AFTER:
            child.pause = FIRST_PAUSE
        self._wait_for(child, f"ended ({_reason(code)})")

    def _restart(self, child: Child) -> None:
        child.restart_at = None
        child.started = self.clock()
        try:
            child.running = child.start()
        except Exception as error:
            self._wait_for(child, f"did not start: {error}")
            return
        self.say(f"{child.name} runs again")

    def _wait_for(self, child: Child, what: str) -> None:
        self.say(f"{child.name} {what}; starting it again in {child.pause:g} s")
        child.restart_at = self.clock() + child.pause
        child.pause = min(child.pause * 2, LONGEST_PAUSE)

    def stop(self) -> None:
        """End everything, last started first; each may finish what it is doing."""
        while self.children:
            child = self.children.pop()
            self.say(f"stopping {child.name}")
            child.running.stop()


def _reason(code: int) -> str:
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"
