from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revenue.pipeline.columns import Note, bind, read_float, read_int
from revenue.pipeline.mappings import ACCOUNT_FIELDS, Mapping, read_mapping
from revenue.pipeline.normalising import AccountRecord, normaliser
from revenue.pipeline.reading import UnreadableFileError

COLUMNS = ("id", *ACCOUNT_FIELDS)


def mapping(**change: Any) -> Mapping:
    """One column for each of our fields, called as the field."""
    return read_mapping(
        {
            "slug": "mine",
            "title": "Mine",
            "kind": "accounts",
            "source": {"slug": "mine", "name": "Mine"},
            "record_id": "id",
            "country": "CA",
            "fields": {field: field for field in ACCOUNT_FIELDS},
            **change,
        }
    )


def normalise(change: dict[str, Any] | None = None, /, **cells: str) -> AccountRecord | Note:
    row = {"id": "7", "name": "Spa", **cells}
    read = normaliser(mapping(**(change or {})), COLUMNS)
    return read([row.get(column, "") for column in COLUMNS])


def good(change: dict[str, Any] | None = None, /, **cells: str) -> AccountRecord:
    record = normalise(change, **cells)
    assert isinstance(record, AccountRecord), record
    return record


def test_a_row_becomes_a_record_with_its_keys() -> None:
    record = good(
        name=" Café  Weiß Ltd ", phone="604-534-5114", website="www.weiss.example",
        street_number="102-20108", street="Fraser Highway", city="Township of Langley",
        area="Walnut Grove", postcode="v3a4e5", latitude="49.1", longitude="-122.6",
        employees_full_time="1,200", stated_on="2025-03-01T10:00:00",
    )  # fmt: skip
    assert record.fields == {
        "name": "Café Weiß Ltd",
        "area": "Walnut Grove",
        "city": "Township of Langley",
        "country": "CA",
        "phone": "+16045345114",
        "website": "http://www.weiss.example",
        "employees_full_time": 1200,
        "stated_on": "2025-03-01",
        "latitude": 49.1,
        "longitude": -122.6,
        "street": "20108 Fraser Highway",
        "unit": "102",
        "postcode": "V3A 4E5",
    }
    keys = record.keys
    assert (keys.name, keys.street, keys.door) == (
        "cafe weiss", "20108 fraser hwy", "20108 V3A 4E5",
    )  # fmt: skip
    assert (keys.city, keys.area, keys.unit) == ("langley", "walnut grove", "102")
    assert record.notes == ()


def test_the_trading_name_is_the_name_and_the_legal_one_is_kept() -> None:
    fields = good(name="Prabh786 Ltd dba Quizno's Sub").fields
    assert (fields["name"], fields["legal_name"]) == (
        "Quizno's Sub",
        "Prabh786 Ltd dba Quizno's Sub",
    )


@pytest.mark.parametrize(
    ("field", "cell", "reason"),
    [
        ("phone", "still to come", "is no telephone number"),
        ("website", "javascript:alert(1)", "is no web address"),
        ("country", "Atlantis", "is no country"),
        ("postcode", "12345", "is no postcode of CA"),
        ("employees_full_time", "many", "is no whole number"),
        ("employees_part_time", "-3", "is no whole number"),
        ("employees_part_time", "2.5", "is no whole number"),
        ("stated_on", "yesterday", "is no date (YYYY-MM-DD)"),
        ("trade", "x" * 301, "cut to 300 characters"),
        ("website", f"https://a.example/{'x' * 300}", "left out: longer than 300 characters"),
    ],
)
def test_a_value_that_can_not_be_taken_is_noted_and_the_row_goes_in(
    field: str, cell: str, reason: str
) -> None:
    (note,) = good(**{field: cell}).notes
    assert (note.column, note.reason, note.excerpt) == (field, reason, cell[:80])


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [("91", "0"), ("49", ""), ("", "1"), ("0", "0"), ("x", "y"), ("nan", "1"), ("1e3", "1")],
)
def test_a_place_off_the_earth_is_left_out(latitude: str, longitude: str) -> None:
    record = good(latitude=latitude, longitude=longitude)
    assert [note.reason for note in record.notes] == ["is no place on earth"]
    assert (record.keys.latitude, record.keys.cell) == (None, None)


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"id": ""}, "id", "the record id is empty"),
        ({"id": "x" * 121}, "id", "the record id is longer than 120 characters"),
        ({"name": "  "}, "name", "the name is empty"),
        ({"name": "x" * 201}, "name", "the name is longer than 200 characters"),
    ],
)
def test_a_row_without_id_or_name_is_refused(
    cells: dict[str, str], column: str, reason: str
) -> None:
    note = normalise(**cells)
    assert isinstance(note, Note)
    assert (note.column, note.reason) == (column, reason)


def test_a_decimal_comma_is_read_where_the_mapping_says_so() -> None:
    record = good(
        {"decimal": ","}, latitude="49,15", longitude="-122.6", employees_full_time="1.200"
    )
    assert (record.fields["latitude"], record.fields["longitude"]) == (49.15, -122.6)
    assert record.fields["employees_full_time"] == 1200


def test_transforms_and_constants_apply() -> None:
    fields = {
        "name": {"columns": ["name"], "transforms": ["capitals"]},
        "trade": {"columns": ["trade", "brand"], "join": "; ", "transforms": ["spaces"]},
        "region": {"constant": "bc", "transforms": ["upper"]},
        "phone": {"columns": ["phone"], "transforms": ["first"]},
        "stated_on": {"columns": ["stated_on"], "transforms": ["day_first"]},
    }
    record = good(
        {"fields": fields}, name="THE SPA", trade="hot_stone", brand="x", phone="6045345114;1",
        stated_on="31.12.2025",
    )  # fmt: skip
    assert record.fields == {
        "name": "The Spa", "trade": "hot stone; x", "region": "BC", "country": "CA",
        "phone": "+16045345114", "stated_on": "2025-12-31",
    }  # fmt: skip


def test_the_hash_is_equal_exactly_when_the_fields_are() -> None:
    one, same, other = good(phone="604-534-5114"), good(phone="(604) 534-5114"), good(phone="")
    assert one.content_hash == same.content_hash != other.content_hash


def test_a_file_without_a_needed_column_names_it_and_what_is_there() -> None:
    with pytest.raises(UnreadableFileError) as caught:
        bind(mapping(fields={"name": "Business"}), ["id", "Firm"])
    assert str(caught.value) == (
        "The file has no column 'Business', which the mapping 'mine' reads. It has: id, Firm."
    )


@given(st.lists(st.text(max_size=30), min_size=len(COLUMNS), max_size=len(COLUMNS)))
def test_no_cells_break_the_normaliser(cells: list[str]) -> None:
    record = normaliser(mapping(), COLUMNS)(cells)
    if isinstance(record, AccountRecord):
        stored = "".join(str(value) for value in record.fields.values())
        assert not [mark for mark in stored if unicodedata.category(mark) in {"Cc", "Zl", "Zp"}]


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("12", ".", 12), ("1,200", ".", 1200), ("1.200", ",", 1200), ("2.0", ".", 2),
        ("2.5", ".", None), ("-1", ".", None), ("١٢", ".", None), ("9" * 40, ".", None),
        ("", ".", None),
    ],
)  # fmt: skip
def test_a_count_is_whole_and_sane(text: str, decimal: str, value: int | None) -> None:
    assert read_int(text, decimal) == value


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("49.1", ".", 49.1), ("49,1", ",", 49.1), ("1.049,1", ",", 1049.1), ("49.1", ",", 49.1),
        ("1_0", ".", None), ("inf", ".", None), ("x", ".", None),
    ],
)  # fmt: skip
def test_a_decimal_number_is_plain(text: str, decimal: str, value: float | None) -> None:
    assert read_float(text, decimal) == value
