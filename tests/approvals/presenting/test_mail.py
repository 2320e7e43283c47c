from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from approvals.models import Revision
from approvals.presenting.mail import OLD, claims_of, first_words, recipient

TODAY = date(2026, 11, 18)


def claim(start: int, end: int, **fields: Any) -> dict[str, Any]:
    return {
        "start": start, "end": end, "sentence": "", "fact": "account.locations", "value": "3",
        "source": "langley:LAN-1", "field": "name", "as_of": TODAY.isoformat(), "supported": True,
        "reason": "", **fields,
    }  # fmt: skip


def revision(body: str, *claims: dict[str, Any]) -> Revision:
    return Revision(body=body, claims=list(claims))


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, "go"),
        ({"as_of": (TODAY - OLD).isoformat()}, "go"),
        ({"as_of": (TODAY - OLD - timedelta(days=1)).isoformat()}, "wait"),
        ({"as_of": None}, "go"),
        ({"supported": False, "as_of": None, "reason": "Nothing says so."}, "stop"),
        ({"supported": False, "as_of": "2001-01-01"}, "stop"),
        ({"fact": "account.rating", "as_of": (TODAY - timedelta(days=31)).isoformat()}, "wait"),
    ],
)
def test_evidence_is_marked_by_support_and_age(fields: dict[str, Any], state: str) -> None:
    shown = claims_of(revision("Your three clinics", claim(5, 10, **fields)), today=TODAY)

    assert [one.state for one in shown] == [state]


def test_old_evidence_says_that_nobody_has_looked_since() -> None:
    old = claim(5, 10, as_of="2020-01-01")

    (shown,) = claims_of(revision("Your three clinics", old), today=TODAY)

    assert shown.text == "three"
    assert shown.evidence == "Locations: 3, but nobody has looked since"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("Hi Dana,\n\nOne question.\nAbout it.\n\nMore", "One question. About it. More"),
        ("Hello:\n\nOne question.", "One question."),
        ("One question.\n\nMore", "One question. More"),
        ("Hi Dana,", "Hi Dana,"),
        ("", ""),
        ("A sentence that ends with a comma but is far too long for a greeting,\n\nMore",
         "A sentence that ends with a comma but is far too long for a greeting, More"),
    ],
)  # fmt: skip
def test_first_words_leave_the_greeting_out(body: str, words: str) -> None:
    assert first_words(body) == words


def test_recipient_without_name_is_the_address() -> None:
    assert recipient("", "d@x.example") == "d@x.example"
    assert recipient("Dana", "d@x.example") == "Dana <d@x.example>"
