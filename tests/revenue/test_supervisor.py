"""Keeping processes running: restarts with growing pauses, orderly ends."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from revenue.supervisor import Program, Supervisor, put_long_logs_aside, start_program

WAIT = "import time; time.sleep(60)"


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Stage:
    """A supervisor with a clock of our own, and what it said."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    said: list[str] = field(default_factory=list)
    supervisor: Supervisor = field(init=False)

    def __post_init__(self) -> None:
        self.supervisor = Supervisor(self.said.append, self.clock)

    def program(self, code: str, *, drain: float = 5) -> Program:
        return start_program(
            [sys.executable, "-c", code],
            folder=self.folder,
            log=self.folder / "log" / "program.log",
            variables={"MARK": "set"},
            drain=drain,
        )

    def log(self) -> str:
        return (self.folder / "log" / "program.log").read_text()

    def wait_for_end(self, number: int = 0) -> None:
        self.supervisor.children[number].running.process.wait(60)

    def wait_for_log(self, word: str) -> None:
        give_up = time.monotonic() + 60
        while word not in self.log():
            assert time.monotonic() < give_up
            time.sleep(0.01)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.supervisor.stop()


def test_a_program_gets_its_variables_and_writes_to_its_log(stage: Stage) -> None:
    program = stage.program("import os; print(os.environ['MARK'])")

    program.process.wait(60)

    assert stage.log() == "set\n"


def test_what_ended_starts_again_after_growing_pauses(stage: Stage) -> None:
    stage.supervisor.add("web", lambda: stage.program("raise SystemExit(3)"))
    for pause in (0.5, 1, 2):
        stage.wait_for_end()
        stage.supervisor.look()
        assert stage.said[-1] == f"web ended (exit code 3); starting it again in {pause:g} s"
        stage.clock.now += pause
        stage.supervisor.look()
        assert stage.said[-1] == "web runs again"


def test_a_pause_is_kept(stage: Stage) -> None:
    stage.supervisor.add("web", lambda: stage.program(""))
    stage.wait_for_end()
    stage.supervisor.look()
    stage.clock.now += 0.4

    stage.supervisor.look()

    assert stage.said[-1].startswith("web ended")


def test_a_steady_run_makes_the_pause_short_again(stage: Stage) -> None:
    stage.supervisor.add("web", lambda: stage.program(""))
    for _ in range(4):
        stage.wait_for_end()
        stage.supervisor.look()
        stage.clock.now += 10
        stage.supervisor.look()
    stage.wait_for_end()
    stage.clock.now += 61

    stage.supervisor.look()

    assert stage.said[-1] == "web ended (exit code 0); starting it again in 0.5 s"


def test_a_start_that_fails_is_tried_again(stage: Stage) -> None:
    tries: Iterator[Program | OSError] = iter(
        [stage.program(""), OSError("no memory"), stage.program(WAIT)]
    )

    def start() -> Program:
        item = next(tries)
        if isinstance(item, OSError):
            raise item
        return item

    stage.supervisor.add("web", start)
    stage.wait_for_end()
    for _ in range(4):
        stage.supervisor.look()
        stage.clock.now += 5

    assert stage.said == [
        "web ended (exit code 0); starting it again in 0.5 s",
        "web did not start: no memory; starting it again in 1 s",
        "web runs again",
    ]


def test_children_of_a_killed_program_are_ended_before_the_next_start(stage: Stage) -> None:
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {WAIT!r}])"
    stage.supervisor.add("web", lambda: stage.program(code))
    main = psutil.Process(stage.supervisor.children[0].running.process.pid)
    give_up = time.monotonic() + 60
    while not main.children():
        assert time.monotonic() < give_up
        time.sleep(0.01)
    orphan = main.children()[0]
    main.kill()
    stage.wait_for_end()

    stage.supervisor.look()

    assert stage.said == ["web ended (killed by signal 9); starting it again in 0.5 s"]
    assert psutil.wait_procs([orphan], timeout=60)[1] == []


def test_stop_ends_the_last_started_first_and_lets_each_finish(stage: Stage) -> None:
    code = (
        "import signal, sys, time\n"
        "def end(*_): time.sleep(0.3); print('finished', sys.argv, flush=True); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end); print('ready', flush=True); time.sleep(60)"
    )
    stage.supervisor.add("first", lambda: stage.program(code))
    stage.supervisor.add("second", lambda: stage.program(WAIT))
    stage.wait_for_log("ready")

    stage.supervisor.stop()

    assert stage.said == ["stopping second", "stopping first"]
    assert "finished" in stage.log()


def test_stop_insists_when_the_time_to_finish_is_over(stage: Stage) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    deaf += "print('ready', flush=True); time.sleep(60)"
    program = stage.program(deaf, drain=0.2)
    stage.wait_for_log("ready")

    program.stop()

    assert program.process.returncode == -signal.SIGKILL


def test_a_program_does_not_share_our_terminal_signals(stage: Stage) -> None:
    program = stage.program(WAIT)

    assert os.getpgid(program.process.pid) == program.process.pid != os.getpgid(0)
    program.stop()


def test_a_long_log_is_put_aside_while_its_program_goes_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("revenue.supervisor.LONGEST_LOG", 3)
    program = stage.program(
        "import os, time; print('before', flush=True)\n"
        "while os.path.getsize('log/program.log'): time.sleep(0.01)\n"
        "print('after', flush=True)"
    )
    stage.wait_for_log("before")

    put_long_logs_aside(stage.folder / "log")
    program.process.wait(60)

    assert (stage.folder / "log" / "program.log.1").read_text() == "before\n"
    assert stage.log() == "after\n"
