"""Every kind that is ever written has words, and subjects lead to their pages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.models import SendState
from revenue.access import Role
from revenue.web.ledger_words import KINDS, SUBJECTS, data_lines, kind_words, subject_of
from tests.support.rows import make_user

ROOT = Path(__file__).resolve().parents[3]
SOURCES = [
    path
    for app in ("revenue", "approvals")
    for path in (ROOT / app).rglob("*.py")
    if "migrations" not in path.parts
]
KIND = re.compile(r"[a-z_]+\.[a-z_]+")
WRITTEN_SUBJECT = re.compile(r'(?:subject=|\(|^ +)f"([a-z_]+):\{', re.M)
WRITERS = {"_note", "note", "_log", "append", "append_many", "_apply"}


def kinds_written() -> Iterator[str]:
    """The texts with a dot that are given as ``kind`` or first to what writes an event."""
    for path in SOURCES:
        for call in ast.walk(ast.parse(path.read_text())):
            if not isinstance(call, ast.Call):
                continue
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            given = [keyword.value for keyword in call.keywords if keyword.arg == "kind"]
            given += call.args[:2] if name in WRITERS else []
            texts = (part for value in given for part in ast.walk(value))
            yield from (
                str(text.value)
                for text in texts
                if isinstance(text, ast.Constant) and KIND.fullmatch(str(text.value))
            )


def test_every_kind_that_is_written_has_words() -> None:
    written = set(kinds_written())

    assert len(written) > 30
    assert written - set(KINDS) == set()


def test_no_words_stand_for_a_kind_that_nothing_writes() -> None:
    put_together = tuple(f"{first}." for first in ("send", "import", "change"))

    named = {kind for kind in KINDS if not kind.startswith(put_together)}

    assert named - set(kinds_written()) == set()


def test_every_sort_of_subject_that_is_written_has_words() -> None:
    texts = [path.read_text() for path in SOURCES]
    written = {sort for text in texts for sort in WRITTEN_SUBJECT.findall(text)}

    assert written >= {"send", "contact", "mapping", "source"}
    assert written - set(SUBJECTS) == set()


@pytest.mark.parametrize("state", SendState.values)
def test_every_state_of_a_send_has_words(state: str) -> None:
    assert f"send.{state}" in KINDS


def test_a_kind_without_words_is_said_as_it_is() -> None:
    assert kind_words("tide.came_in") == "tide came in"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "words", "url"),
    [
        ("send:12", "mail 12", "/approvals/12/"),
        ("policy:send:3", "Send policy, version 3", "/policies/send/3/"),
        ("seat:sender", "seat sender", "/seats/sender/"),
        ("house", "the house", ""),
        ("deal:4", "deal 4", ""),
        ("mapping:langley", "way to read lists langley", "/imports/mapping/langley/"),
        ("source:langley", "source langley", ""),
        ("send:x", "mail x", ""),
        ("policy:none", "none, version", ""),
        ("new_thing:4", "new thing 4", ""),
        ("", "", ""),
    ],
)
def test_a_subject_is_named_and_leads_where_the_reader_may_go(
    text: str, words: str, url: str
) -> None:
    subject = subject_of(text, reader=make_user(Role.FOUNDER))

    assert (subject.words, subject.url) == (words, url)


@pytest.mark.django_db
def test_a_subject_leads_nowhere_for_those_who_may_not_see_it() -> None:
    assert subject_of("send:12", reader=make_user(Role.ACCOUNTANT)).url == ""


def test_data_is_said_in_lines() -> None:
    data = {"old_level": 2, "done": True, "names": ["a", None], "deep": {"x": [1]}, "none": ""}

    assert data_lines(data) == [
        ("old level", "2"),
        ("done", "yes"),
        ("names", "a, nothing"),
        ("deep", '{\n  "x": [\n    1\n  ]\n}'),
        ("none", "nothing"),
    ]
