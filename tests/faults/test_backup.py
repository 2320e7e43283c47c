"""A backup brings a house back: here, on an outside server, and never a part of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from revenue import embedded, launch, places

ROOT = Path(__file__).resolve().parent.parent.parent
NOT_FOR_CHILDREN = re.compile(r"DATABASE_URL|BROKER_URL|TESTING|PORT|COUNTERSIGN_.*")
OTHER_KEY = "not the key of this house at all"

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Place:
    """A database to keep a house in: the embedded one of a folder, or one with an address."""

    var: Path
    url: str = ""

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        kept = {k: v for k, v in os.environ.items() if not NOT_FOR_CHILDREN.fullmatch(k)}
        there = {"COUNTERSIGN_VAR": str(self.var), "DATABASE_URL": self.url}
        there["DJANGO_SETTINGS_MODULE"] = "revenue.settings"
        there["BROKER_URL"] = "redis://localhost:1" if self.url else ""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**kept, **there, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
        )

    def manage(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.run("manage.py", *arguments, **variables)

    def do(self, *what: str) -> dict[str, Any]:
        """What `tests.faults.house` says while the database runs."""
        program = ["-m", "revenue.embedded", "--", sys.executable, "-m", "tests.faults.house"]
        done = self.run(*program, *what)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found


NewFolder = Callable[[], Path]


@pytest.fixture(scope="module")
def new_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewFolder]:
    made: list[Path] = []

    def make() -> Path:
        made.append(tmp_path_factory.mktemp("house"))
        return made[-1] / "var"

    yield make
    for folder in made:
        shutil.rmtree(places.run_dir(folder / "var"), ignore_errors=True)


@dataclass(frozen=True)
class Backup:
    """A backup, the place it was made at, and what was there at the time."""

    source: Place
    file: Path
    before: dict[str, Any]


@pytest.fixture(scope="module")
def backup(new_folder: NewFolder) -> Backup:
    source = Place(new_folder())
    before = source.do("make")
    file = source.var.parent / "house.dump"
    made = source.manage("backup", str(file))
    assert made.returncode == 0, made.stderr
    return Backup(source, file, before)


@pytest.fixture(scope="module")
def restored(backup: Backup, new_folder: NewFolder) -> tuple[Place, str]:
    place = Place(new_folder())
    done = place.manage("restore", str(backup.file))
    assert done.returncode == 0, done.stderr
    return place, done.stdout


@pytest.fixture
def outside(new_folder: NewFolder) -> Iterator[Place]:
    """A server with a password: the machine's own, of whatever version, or else the wheel's."""
    var = new_folder()
    with ExitStack() as stack:
        yield Place(var, stack.enter_context(_server(var)))


def _programs() -> Path:
    own = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return own[-1].parent if own else embedded.postgres_binary("postgres").parent


class _server:  # noqa: N801 - used like a function
    def __init__(self, var: Path) -> None:
        self.data, self.sockets, self.way = (
            var / "outside",
            places.run_dir(var),
            launch.way_off_root(),
        )

    def __enter__(self) -> str:
        secret = self.data.parent / "password"
        self.data.mkdir(parents=True)
        self.sockets.mkdir(parents=True, exist_ok=True)
        secret.write_text("se cret'%")
        for path in (self.data, self.sockets, secret):
            os.chown(path, launch.owner(self.way), -1)
        options = ["-D", str(self.data), "-U", "owner", "-A", "scram-sha-256", "-E", "UTF8"]
        options += ["--pwfile", str(secret), "--no-locale"]
        self._run("initdb", *options)
        options = ["-D", str(self.data), "-k", str(self.sockets), "-h", "", "-F"]
        self.process = subprocess.Popen(
            launch.command([str(_programs() / "postgres"), *options], way=self.way),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        give_up = time.monotonic() + 60
        while not (self.sockets / ".s.PGSQL.5432").exists() and time.monotonic() < give_up:
            time.sleep(0.05)
        return f"postgresql://owner:se%20cret'%25@/postgres?host={self.sockets}"

    def _run(self, program: str, *options: str) -> None:
        command = launch.command([str(_programs() / program), *options], way=self.way)
        subprocess.run(command, check=True, capture_output=True)

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)


def lives_on(place: Place, before: dict[str, Any]) -> dict[str, Any]:
    """See that nothing was lost, the ledger is whole, and what happens next is sealed."""
    after = place.do("live-on", before["noted"])
    chain = after["chain"]

    assert same(after["found"], before)
    assert (after["sealed"], after["switches"]) == (1, ["everything"])
    assert (chain["first_bad"], chain["unsealed"]) == (None, 0)
    # At least: the unsealed event that was restored, the thrown switch, the one after it.
    assert chain["checked"] >= int(before["noted"].partition(":")[0]) + 3
    found: dict[str, Any] = after["found"]
    return found


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether the rows are; the ledger went on."""
    return {**one, "noted": ""} == {**other, "noted": ""}


def test_the_house_is_worth_a_backup(backup: Backup) -> None:
    assert backup.before["suppressed"] == [True, True, False]


def test_a_backup_is_for_its_owner_only(backup: Backup) -> None:
    assert stat.S_IMODE(backup.file.stat().st_mode) == 0o600


def test_a_backup_never_replaces_another(backup: Backup) -> None:
    content = backup.file.read_bytes()

    again = backup.source.manage("backup", str(backup.file))

    assert (again.returncode, again.stderr.strip()) == (
        1,
        f"CommandError: {backup.file} is there already.",
    )
    assert backup.file.read_bytes() == content
    assert list(backup.file.parent.glob(".house.dump*")) == []


def test_a_house_lives_on_in_a_new_embedded_cluster(
    backup: Backup, restored: tuple[Place, str]
) -> None:
    place, said = restored

    assert "The kill switch is thrown." in said
    assert (place.var / "mode").read_text() == "real"
    lives_on(place, backup.before)


def test_a_house_moves_from_the_embedded_to_an_outside_server_and_back(
    backup: Backup, outside: Place, new_folder: NewFolder
) -> None:
    moved = outside.manage("restore", str(backup.file))
    assert moved.returncode == 0, moved.stderr
    before = lives_on(outside, backup.before)
    at_home, file = Place(new_folder()), outside.var.parent / "back.dump"

    assert outside.manage("backup", str(file)).returncode == 0
    assert at_home.manage("restore", str(file)).returncode == 0

    assert same(at_home.do("look"), before)


def test_a_database_that_is_not_empty_is_left_alone(backup: Backup) -> None:
    done = backup.source.manage("restore", str(backup.file))

    assert done.returncode == 1
    assert "The database is not empty" in done.stderr
    assert backup.source.do("look") == backup.before


# So late that the tables are there already; pg_restore notices in the midst of the rows.
@pytest.mark.parametrize("missing", [200, 4000])
def test_a_cut_off_backup_leaves_the_database_empty(
    backup: Backup, new_folder: NewFolder, tmp_path: Path, missing: int
) -> None:
    cut = tmp_path / "cut.dump"
    cut.write_bytes(backup.file.read_bytes()[:-missing])
    place = Place(new_folder())

    failed = place.manage("restore", str(cut))
    nothing = place.manage("backup", str(tmp_path / "nothing.dump"))

    assert (failed.returncode, "pg_restore: error" in failed.stderr) == (1, True)
    assert nothing.stderr.strip() == (
        "CommandError: There is nothing to back up: the database is empty."
    )


def test_another_suppression_key_is_noticed(backup: Backup, new_folder: NewFolder) -> None:
    place = Place(new_folder())

    done = place.manage("restore", str(backup.file), SUPPRESSION_KEY=OTHER_KEY)

    assert done.returncode == 1
    assert "SUPPRESSION_KEY is not the one of this backup" in done.stderr
    assert "The kill switch is thrown." in done.stdout


def test_a_running_copy_keeps_a_restore_away(backup: Backup, new_folder: NewFolder) -> None:
    place = Place(new_folder())

    with embedded.owned(place.var):
        done = place.manage("restore", str(backup.file))

    assert done.returncode == 1
    assert "is in use by another running copy" in done.stderr
