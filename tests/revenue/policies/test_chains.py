from __future__ import annotations

import pytest

from revenue.policies.chains import CHAIN_LOCATIONS, is_national_chain


@pytest.mark.parametrize(
    "name",
    ["GOLD'S GYM (LANGLEY)", "Anytime Fitness", "F45 TRAINING NORTH LANGLEY", "Curves", "A&W"],
)
def test_known_chain_is_one_however_it_is_written(name: str) -> None:
    assert is_national_chain(name, 1)


@pytest.mark.parametrize(
    "name", ["Curves Beauty Bar", "Goldsmith's Gym", "Fitxpress", "Oxygen", "Lotus Day Spa", ""]
)
def test_similar_name_is_no_chain(name: str) -> None:
    assert not is_national_chain(name, 3)


def test_many_locations_make_a_chain_whatever_the_name() -> None:
    assert is_national_chain("Lotus Day Spa", CHAIN_LOCATIONS)
    assert not is_national_chain("Lotus Day Spa", CHAIN_LOCATIONS - 1)
