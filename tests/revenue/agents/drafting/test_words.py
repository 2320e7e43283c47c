from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revenue.agents.drafting.words import COUNT, number_in, spell, spoken_span


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("three", 3),
        ("Twenty-five", 25),
        ("twenty five", 25),
        ("both", 2),
        ("a single", 1),
        ("a dozen", 12),
        ("1,200", 1200),
        ("4.6", 4.6),
        ("one", 1),
    ],
)
def test_number_in_a_count(text: str, value: float) -> None:
    assert re.fullmatch(COUNT, text, re.IGNORECASE)
    assert number_in(text) == value


@pytest.mark.parametrize("text", ["several", "", "a few", "twenty-ten", "x"])
def test_number_in_no_count(text: str) -> None:
    assert number_in(text) is None


@given(st.integers(min_value=0, max_value=100_000))
def test_spelled_numbers_read_back(number: int) -> None:
    assert number_in(spell(number)) == number


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (5, "a few days"),
        (14, "about two weeks"),
        (97, "about three months"),
        (250, "about eight months"),
        (365, "about a year"),
        (500, "over a year"),
        (900, "about two years"),
    ],
)
def test_spoken_span(days: int, words: str) -> None:
    assert spoken_span(days) == words
