from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from revenue.pipeline.composing import compose

LICENCE = {
    "name": "Harbour Physio",
    "phone": "+16045345114",
    "category": "other",
    "category_group": "other",
    "latitude": 49.1,
    "longitude": -122.6,
}
MAP = {
    "name": "HARBOUR",
    "website": "https://harbour.example",
    "phone": "+16040000000",
    "category": "physiotherapy",
    "category_group": "health_wellness",
    "latitude": 49.2,
    "longitude": -122.7,
    "employees_full_time": 0,
    "brand": "Harbour",
}


def test_the_first_record_is_kept_and_the_second_fills_gaps() -> None:
    columns = compose([LICENCE, MAP], fallback="")
    assert (columns["name"], columns["phone"]) == ("Harbour Physio", "+16045345114")
    assert columns["website"] == "https://harbour.example"
    assert (columns["latitude"], columns["longitude"]) == (49.1, -122.6)
    assert (columns["employees_full_time"], columns["employees_part_time"]) == (0, None)
    assert columns["name_key"] == "harbour physio"


def test_a_line_of_business_beats_none() -> None:
    columns = compose([LICENCE, MAP], fallback="")
    assert (columns["category"], columns["category_group"]) == ("physiotherapy", "health_wellness")


def test_a_stated_brand_counts_before_the_name() -> None:
    columns = compose([LICENCE, MAP], fallback="")
    assert (columns["brand_key"], columns["brand_stated"]) == ("health_wellness/harbour", True)


def test_an_account_without_a_record_is_called_by_the_fallback() -> None:
    columns = compose([], fallback="yelp abc")
    assert (columns["name"], columns["phone"], columns["category"]) == ("yelp abc", "", "other")


fields = st.dictionaries(
    st.sampled_from(["name", "phone", "street", "city", "trade"]), st.text(min_size=1, max_size=3)
)


@given(records=st.lists(fields, min_size=1, max_size=4))
def test_each_text_is_one_that_a_record_states(records: list[dict[str, Any]]) -> None:
    columns = compose(records, fallback="none")
    for field in ("phone", "street", "city", "trade"):
        stated = [record[field] for record in records if field in record]
        assert columns[field] == (stated[0] if stated else "")


@given(record=fields)
def test_a_record_twice_says_what_it_says_once(record: dict[str, Any]) -> None:
    assert compose([record, record], fallback="x") == compose([record], fallback="x")
