"""The whole product as one command: started, interrupted, killed, twice at once."""

import http.client
import http.cookies
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import psutil
import pytest

from revenue import launch, places

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = "ada"
PASSWORD = "a-long-unlikely-passphrase"
READY_WITHIN = 120
PATIENCE = 60
"""Seconds after which something hangs; a machine that does much else needs some of them."""
NOT_FOR_CHILDREN = re.compile(
    r"DATABASE_URL|BROKER_URL|EMAIL_URL|BASE_URL|.*_KEY|TESTING|DJANGO_.*"
)

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def kill(processes: list[psutil.Process]) -> None:
    """kill -9; some may end by themselves meanwhile."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()


@dataclass
class Answer:
    status: int
    text: str
    cookies: str


@dataclass
class Copy:
    """One running product in a folder of its own."""

    var: Path
    demo: bool = False
    extra: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] = field(init=False)
    environment: dict[str, str] = field(init=False)
    lines: list[str] = field(default_factory=list)
    pipes: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        kept = {k: v for k, v in os.environ.items() if not NOT_FOR_CHILDREN.fullmatch(k)}
        variables = {"COUNTERSIGN_VAR": str(self.var), "PORT": str(self.port)}
        variables["DEMO"] = str(int(self.demo))
        variables |= {"PYTHONUNBUFFERED": "1", "LOG_LEVEL": "INFO", **self.extra}
        self.environment = {**kept, **variables}
        self.process = subprocess.Popen(
            launch.command([sys.executable, "manage.py", "up"]),
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self.pipes.callback(self.process.stdout.close)

    def wait_for(self, word: str) -> str:
        """Read what it says until a line holds `word`."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if word in line:
                return line
        raise AssertionError(f"ended without {word!r}:\n" + "\n".join(self.lines))

    def run(self) -> "Copy":
        self.start()
        self.wait_for("Ctrl-C stops")
        return self

    def family(self) -> list[psutil.Process]:
        top = psutil.Process(self.process.pid)
        return [top, *top.children(recursive=True)]

    def interrupt(self) -> tuple[int, list[psutil.Process]]:
        """Ctrl-C: the exit code, and whoever is still there."""
        family = self.family()
        self.process.send_signal(signal.SIGINT)
        self.wait_for("stopped")
        code = self.process.wait(PATIENCE)
        return code, psutil.wait_procs(family[1:], timeout=5)[1]

    def kill_everything(self) -> None:
        kill(self.family())
        self.process.wait()

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill_everything()
        self.pipes.close()
        shutil.rmtree(places.run_dir(self.var), ignore_errors=True)

    def ask(self, path: str, form: dict[str, str] | None = None, cookies: str = "") -> Answer:
        visitor = http.client.HTTPConnection("localhost", self.port, timeout=PATIENCE)
        headers = {"Cookie": cookies, "Origin": f"http://localhost:{self.port}"}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        method = "GET" if form is None else "POST"
        visitor.request(method, path, urlencode(form or {}), headers)
        response = visitor.getresponse()
        jar = http.cookies.SimpleCookie()
        for value in response.headers.get_all("Set-Cookie") or []:
            jar.load(value)
        found = "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items())
        answer = Answer(response.status, response.read().decode(), found)
        visitor.close()
        return answer

    def submit(self, path: str, form: dict[str, str]) -> Answer:
        """Fill in the form of a page as a browser would."""
        page = self.ask(path)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
        assert token is not None, page.text
        return self.ask(path, {"csrfmiddlewaretoken": token[1], **form}, page.cookies)

    def wait_until_healthy(self) -> None:
        give_up = time.monotonic() + READY_WITHIN
        while True:
            with suppress(OSError):
                if self.ask("/healthz").status == http.HTTPStatus.OK:
                    return
            assert time.monotonic() < give_up
            time.sleep(0.1)

    def log_in(self, name: str = NAME, password: str = PASSWORD) -> int:
        return self.submit("/login/", {"username": name, "password": password}).status


@dataclass(frozen=True)
class FirstLife:
    """What happened from the first start in an empty folder to Ctrl-C."""

    var: Path
    said: list[str]
    welcomed: list[int]
    code: int
    left: list[psutil.Process]


@pytest.fixture(scope="module")
def first_life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirstLife]:
    copy = Copy(tmp_path_factory.mktemp("first") / "var").run()
    try:
        link = next(line for line in copy.lines if "first person" in line)
        path = re.search(r"/welcome/\S+", link)
        assert path is not None
        person = {"username": NAME, "password1": PASSWORD, "password2": PASSWORD}
        welcomed = [
            copy.submit(path[0], {**person, "password2": "other"}).status,
            copy.submit(path[0], person).status,
            copy.ask(path[0]).status,
            copy.log_in(),
        ]
        code, left = copy.interrupt()
        yield FirstLife(copy.var, copy.lines, welcomed, code, left)
    finally:
        copy.close()


@pytest.fixture
def copy(first_life: FirstLife, tmp_path: Path) -> Iterator[Copy]:
    """A copy of what the first life left, not yet started."""
    var = tmp_path / "var"
    shutil.copytree(first_life.var, var, ignore=shutil.ignore_patterns("*.sock", ".s.PGSQL*"))
    made = Copy(var)
    yield made
    made.close()


def test_first_start_is_ready_and_lets_in_the_first_person_once(first_life: FirstLife) -> None:
    assert first_life.said[0].startswith("READY in ")
    # A form with a fault, the account, the link once more, a login.
    assert first_life.welcomed == [422, 302, 404, 302]


def test_ctrl_c_ends_everything_in_order(first_life: FirstLife) -> None:
    order = [line for line in first_life.said if line.startswith("stopp")]

    assert order == [
        "stopping; running tasks may finish first",
        "stopping beat",
        "stopping web",
        "stopping worker",
        "stopping broker",
        "stopping postgres",
        "stopped",
    ]
    assert (first_life.code, first_life.left) == (0, [])


def test_a_second_start_finds_everything_as_it_was(copy: Copy) -> None:
    copy.run()

    assert copy.log_in() == 302
    assert not any("first person" in line for line in copy.lines)


def test_kill_9_of_everything_loses_nothing(copy: Copy) -> None:
    copy.run()
    copy.kill_everything()

    copy.run()

    assert copy.log_in() == 302


def test_kill_9_of_the_supervisor_alone_leaves_nothing_in_the_way(copy: Copy) -> None:
    copy.run()
    family = copy.family()
    copy.process.kill()
    copy.process.wait()

    copy.run()

    assert copy.log_in() == 302
    assert psutil.wait_procs(family, timeout=PATIENCE)[1] == []


def test_what_is_killed_is_started_again(copy: Copy) -> None:
    copy.run()
    kill(psutil.Process(copy.process.pid).children())

    seen = {copy.wait_for("runs again").split()[0] for _ in range(5)}

    assert seen == {"postgres", "broker", "worker", "web", "beat"}
    copy.wait_until_healthy()
    assert copy.log_in() == 302


def test_two_copies_run_side_by_side_and_a_folder_has_one(copy: Copy, tmp_path: Path) -> None:
    copy.run()
    other, intruder = Copy(tmp_path / "other"), Copy(copy.var)
    try:
        other.run()
        intruder.start()

        intruder.wait_for("is in use by another running copy")

        assert intruder.process.wait(PATIENCE) == 2
        assert copy.ask("/healthz").status == other.ask("/healthz").status == 200
    finally:
        other.close()
        intruder.process.kill()
        intruder.process.wait()
        intruder.pipes.close()


def test_a_port_that_is_taken_is_one_clear_line(copy: Copy) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", copy.port))
        taken.listen()
        copy.start()

        line = copy.wait_for("PORT")

    assert f"setting: PORT {copy.port} is in use; set PORT to another number" in line
    assert copy.process.wait(PATIENCE) == 2


def test_the_demo_loads_once_and_its_folder_stays_a_demo(tmp_path: Path) -> None:
    demo = Copy(tmp_path / "var", demo=True)
    try:
        demo.run()
        logins = re.findall(r"log in as (\w+) with password (\w+)", "\n".join(demo.lines))
        entered = {name: demo.log_in(name, password) for name, password in logins}
        code, left = demo.interrupt()

        demo.demo = False
        demo.start()
        refused = demo.wait_for("DEMO=0 does not fit")

        assert entered == {"founder": 302, "accountant": 302, "admin": 302}
        assert (code, left, demo.process.wait(PATIENCE)) == (0, [], 2)
        assert "set COUNTERSIGN_VAR to another folder" in refused
    finally:
        demo.close()
