from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revenue.pipeline.names import (
    NAME_LIMIT,
    brand_key,
    display_name,
    name_key,
    similarity,
    telling_words,
    trading_name,
)

PLACES = "aldergrove fort langley langley walnut grove"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("TIM HORTONS #5529", "tim hortons"),
        ("Tim Horton's", "tim hortons"),
        ("A & W RESTAURANT", "a&w restaurant"),
        ("A&W", "a&w"),
        ("STARBUCKS COFFEE 4558", "starbucks coffee"),
        ("The Parlour Spa Ltd.", "parlour spa"),
        ("Smith & Co.", "smith"),
        ("0932134 BC LTD dba Foo Bar", "foo bar"),
        ("Café Weiß GmbH", "cafe weiss"),
        ("D.B.A.", "dba"),
        ("Zahnärzte am Zoo GbR", "zahnarzte am zoo"),
        ("1181", "1181"),
        ("Ltd", "ltd"),
        ("寿司", "寿司"),
        ("!!!", "!!!"),
    ],
)
def test_a_key_leaves_out_what_does_not_tell(name: str, key: str) -> None:
    assert name_key(name) == key


@given(st.text(min_size=1, max_size=300).filter(str.strip))
def test_a_key_is_never_empty_and_fits_its_column(name: str) -> None:
    assert 0 < len(name_key(name)) <= NAME_LIMIT


@given(st.text(max_size=40))
def test_a_key_of_capitals_is_the_key_of_the_written_name(name: str) -> None:
    if name.isascii():
        assert name_key(name.upper()) == name_key(name.lower())


def test_the_trading_name_stands_behind_the_legal_one() -> None:
    assert trading_name("Prabh786 Enterprises Ltd DBA Quizno's Sub") == "Quizno's Sub"
    assert trading_name("A Company o/a The Shop") == "The Shop"
    assert trading_name("DBA") == "DBA"
    assert trading_name("x; --") == "x; --"


def test_words_of_trade_and_place_do_not_tell() -> None:
    assert telling_words("walnut grove dental centre", PLACES) == frozenset()
    assert telling_words("evolution wellness centre aldergrove", PLACES) == {"evolution"}


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ("A & W RESTAURANT", "A&W", 0.9, 1),
        ("FatBurger", "Fat Burger", 1, 1),
        ("Starbucks Coffee #4721", "Starbucks", 0.9, 1),
        ("McDonald's #10769 Aldergrove", "McDonald's", 1, 1),
        ("Bodyworks Massage", "Body Works", 0.7, 0.9),
        ("Paws and Claws Animal Hospital", "Paws & Claws Animal Hospita", 0.8, 1),
        ("Walnut Grove Dental", "Walnut Grove Dental Centre", 0.6, 0.9),
        ("Walnut Grove Dental", "Walnut Grove Massage", 0, 0.2),
        ("Smith Dental", "Smith Law", 0.5, 0.75),
        ("Eccotique Day Spa", "Zennkai Salon", 0, 0.1),
    ],
)
def test_similar_names_score_by_the_words_that_tell(
    first: str, second: str, low: float, high: float
) -> None:
    assert low <= similarity(name_key(first), name_key(second), PLACES) <= high


words = st.lists(
    st.sampled_from(["harbour", "cedar", "dental", "massage", "langley", "the", "&", "24", "a"]),
    min_size=1,
    max_size=5,
).map(" ".join)


@given(first=words, second=words)
def test_similarity_does_not_depend_on_the_order(first: str, second: str) -> None:
    one = similarity(name_key(first), name_key(second), "langley")
    assert one == pytest.approx(similarity(name_key(second), name_key(first), "langley"))
    assert 0 <= one <= 1


@given(words)
def test_a_name_is_like_itself(name: str) -> None:
    assert similarity(name_key(name), name_key(name)) == 1


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("VERONICA'S GOURMET PEROGIES LTD", "Veronica's Gourmet Perogies Ltd"),
        ("MCDONALD'S RESTAURANTS", "McDonald's Restaurants"),
        ("KFC / TACO BELL", "KFC / Taco Bell"),
        ("OPA OF GREECE", "Opa of Greece"),
        ("DR. J SMITH INC", "Dr. J Smith Inc"),
        ("LM NEEDLES AND HERBS", "LM Needles and Herbs"),
        ("strEATS Aldergrove", "strEATS Aldergrove"),
    ],
)
def test_a_name_in_capitals_is_written_normally(name: str, shown: str) -> None:
    assert display_name(name) == shown


@pytest.mark.parametrize(
    ("name", "stated", "key"),
    [
        ("Fresh Slice Pizza", False, "food/freshslicepizza"),
        ("FreshSlice Pizza", False, "food/freshslicepizza"),
        ("Dental Clinic", False, ""),
        ("Pho 37", False, ""),
        ("Thai Express", True, "food/thai"),
        ("The Clinic", True, "food/clinic"),
    ],
)
def test_a_brand_key_needs_a_name_that_tells_or_a_source_that_states_it(
    name: str, stated: bool, key: str
) -> None:
    assert brand_key(name_key(name), "food", stated=stated) == key
