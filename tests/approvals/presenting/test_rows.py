from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from approvals.models import Risk
from approvals.presenting.rows import due_words, risk_words

CREATED = datetime(2026, 11, 18, 8, tzinfo=UTC)
DUE = CREATED + timedelta(hours=20)


@pytest.mark.parametrize(
    ("after", "words", "mark"),
    [
        (timedelta(), "due in 20 h", ""),
        (timedelta(hours=15, minutes=59), "due in 4 h", ""),
        (timedelta(hours=16), "due in 4 h", "wait"),
        (timedelta(hours=20), "due in 0 s", "wait"),
        (timedelta(hours=20, seconds=1), "1 s late", "stop"),
        (timedelta(days=9), "8 days late", "stop"),
    ],
)
def test_deadline_is_marked_from_four_fifths_on(after: timedelta, words: str, mark: str) -> None:
    assert due_words(CREATED, DUE, now=CREATED + after) == {"when": words, "late": mark}


def test_risk_is_told_by_icon_and_word() -> None:
    assert risk_words(Risk.LOW) == ""
    assert "High risk" in risk_words(Risk.HIGH)
    assert "<svg" in risk_words(Risk.MEDIUM)
