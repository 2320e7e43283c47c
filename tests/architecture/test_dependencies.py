"""What is installed is locked by hash, from nowhere in particular, and for a reason."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = (ROOT / "pyproject.toml").read_text()


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_lock_holds_no_address() -> None:
    assert "://" not in LOCK


def test_every_locked_package_has_a_hash() -> None:
    entries = re.split(r"\n(?=\S)", LOCK.strip())

    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_every_dependency_is_locked() -> None:
    config = tomllib.loads(PROJECT)
    wanted = config["project"]["dependencies"] + config["dependency-groups"]["dev"]
    locked = {canonical(name) for name in re.findall(r"^([\w.-]+)==", LOCK, re.MULTILINE)}

    missing = {canonical(re.split(r"[\[<>=~]", entry)[0]) for entry in wanted} - locked

    assert missing == set()


def test_every_dependency_says_why_it_is_here() -> None:
    blocks = re.findall(r"^(?:dependencies|dev) = \[\n(.*?)^\]", PROJECT, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]

    assert len(blocks) == 2
    assert [line for line in lines if not re.search(r'",  # \S.{8,}', line)] == []
