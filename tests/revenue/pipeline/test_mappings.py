from __future__ import annotations

from typing import Any

import pytest

from revenue.pipeline.mappings import (
    InvalidMappingError,
    missing_columns,
    read_mapping,
    shipped_mappings,
)
from revenue.pipeline.reading import open_table
from tests.revenue.pipeline.support import LANGLEY, OSM

GOOD: dict[str, Any] = {
    "slug": "mine",
    "title": "Mine",
    "kind": "accounts",
    "source": {"slug": "mine", "name": "My list"},
    "record_id": "ID",
    "fields": {"name": "Name", "phone": {"columns": ["Tel"], "optional": True}},
}


def test_the_shipped_mappings_are_valid_and_survive_being_saved() -> None:
    shipped = shipped_mappings()
    assert sorted(shipped) == ["accounts", "contacts", "langley", "osm"]
    for mapping in shipped.values():
        saved = mapping.model_dump(mode="json", exclude_defaults=True)
        assert read_mapping(saved) == mapping


@pytest.mark.parametrize(("path", "slug"), [(LANGLEY, "langley"), (OSM, "osm")])
def test_the_shipped_mappings_fit_the_shipped_lists(path: Any, slug: str) -> None:
    with path.open("rb") as file:
        columns = open_table(file).columns
    assert missing_columns(shipped_mappings()[slug], columns) == []


def test_the_licence_of_each_list_travels_with_its_mapping() -> None:
    shipped = shipped_mappings()
    assert "licensed under the Open Government License" in shipped["langley"].source.attribution
    assert "© OpenStreetMap contributors" in shipped["osm"].source.attribution


def test_only_what_is_not_optional_must_be_in_the_file() -> None:
    mapping = read_mapping(GOOD)
    assert missing_columns(mapping, ["id", "NAME"]) == []
    assert missing_columns(mapping, ["tel"]) == ["ID", "Name"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"slug": "No Spaces"}, "slug: String should match pattern"),
        ({"kind": "deals"}, "kind: Input should be 'accounts' or 'contacts'"),
        ({"fields": {"phone": "Tel"}}, "fields must hold name"),
        ({"fields": {"name": "N", "shoe": "S"}}, "no field of accounts: shoe"),
        ({"fields": {"name": {}}}, "fields.name: give either columns or a constant"),
        (
            {"fields": {"name": {"columns": ["N"], "constant": "x"}}},
            "fields.name: give either columns or a constant",
        ),
        (
            {"fields": {"name": {"columns": ["N"], "transforms": ["eval"]}}},
            "fields.name.transforms.0: Input should be",
        ),
        ({"categories": "tarot"}, "no list of categories: tarot"),
        ({"source": {"slug": "x", "name": "X", "keep_days": 0}}, "source.keep_days: Input should"),
        ({"kind": "contacts", "fields": {"email": "E"}}, "fields must hold account_record or"),
        ({"extra": 1}, "extra: Extra inputs are not permitted"),
    ],
)
def test_a_faulty_mapping_says_where_and_why(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidMappingError) as caught:
        read_mapping(GOOD | change)
    assert str(caught.value).startswith(message)
