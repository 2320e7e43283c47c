from __future__ import annotations

from typing import Any

import pytest

from revenue.agents.drafting.categories import (
    BEGINNING,
    categories,
    term_patterns,
    trades_by_beginning,
    words_for,
)
from revenue.policies.categories import CATEGORIES
from tests.revenue.agents.drafting.samples import a_brief


@pytest.mark.parametrize(
    ("facts", "plural"),
    [
        ({"category": "massage"}, "massage clinics"),
        ({"category": "yoga_pilates"}, "yoga and Pilates studios"),
        ({"category": "yoga_pilates", "account_name": "Lotos Yoga"}, "yoga studios"),
        ({"category": "yoga_pilates", "trade": "YOGA AND PILATES"}, "yoga and Pilates studios"),
        ({"category": "hair", "trade": "BARBER"}, "barber shops"),
        ({"category": "dental"}, ""),
        ({"category": "nothing we know"}, ""),
        ({}, ""),
    ],
)
def test_words_for_a_brief(facts: dict[str, Any], plural: str) -> None:
    assert words_for(a_brief(**facts)).plural == plural


def test_lines_of_business_are_those_of_the_catalogue() -> None:
    ours = {key for key, words in categories().items() if not words.within and key != "any"}
    assert ours <= set(CATEGORIES)


def test_every_health_and_beauty_business_has_words() -> None:
    served = {
        slug for slug, entry in CATEGORIES.items() if entry.group in ("health_wellness", "beauty")
    }
    assert served <= {key for key, words in categories().items() if words.plural}


def test_every_term_is_found_by_its_beginning() -> None:
    for key, words in categories().items():
        for term in words.terms:
            assert term_patterns()[key].match(term), term
            assert key in trades_by_beginning()[term[:BEGINNING]], term
