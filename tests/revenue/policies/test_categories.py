from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from revenue.policies.categories import (
    CATEGORIES,
    GROUPS,
    VOCABULARIES,
    UnknownVocabulary,
    categorise,
    group_of,
)

LISTS = Path(__file__).parents[3] / "revenue/pipeline/lists"
OSM_TAGS = ("amenity", "leisure", "healthcare", "healthcare_speciality", "shop", "sport")


def rows(name: str) -> Iterator[dict[str, str]]:
    with (LISTS / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def langley() -> Iterator[tuple[dict[str, str], str]]:
    for row in rows("langley_business_licences.csv"):
        text = f"{row['business_name']} {row['licence_description']}"
        yield row, categorise("langley", row, text=text)


def osm() -> Iterator[tuple[dict[str, str], str]]:
    for row in rows("osm_places.csv"):
        yield row, categorise("osm", row, text=row["name"])


def test_every_row_of_the_licence_list_has_a_category_that_says_something() -> None:
    found = Counter(slug for _, slug in langley())

    assert found.total() == 937
    assert set(found) <= set(CATEGORIES)
    assert found["other"] == 0


def test_every_row_of_the_map_list_has_a_category_that_says_something() -> None:
    found = Counter(slug for _, slug in osm())

    assert found.total() == 6037
    assert set(found) <= set(CATEGORIES)
    assert found["other"] == 0


def test_every_value_of_the_licence_list_is_mapped_without_reading_names() -> None:
    for row in rows("langley_business_licences.csv"):
        assert categorise("langley", row) != "other", row


def test_every_value_of_the_map_list_is_mapped_by_itself() -> None:
    values = {
        (tag, part)
        for row in rows("osm_places.csv")
        for tag in OSM_TAGS
        for part in row[tag].split(";")
        if part
    }

    unmapped = {(tag, value) for tag, value in values if categorise("osm", {tag: value}) == "other"}

    assert unmapped == set()


@pytest.mark.parametrize(
    ("detail", "slug"),
    [
        ("DENTIST", "dental"),
        ("PHYSICIAN", "primary_care"),
        ("LAWYER", "legal"),
        ("CHARTERED ACCOUNTANT", "accounting"),
        ("VETERINARIAN", "veterinary"),
        ("CHIROPRACTOR", "chiropractic"),
        ("FITNESS", "fitness"),
        ("SPA", "spa"),
        ("NAILS", "nails"),
        ("PIZZA", "fast_food"),
        ("PUB", "bar_pub"),
    ],
)
def test_licence_detail_decides(detail: str, slug: str) -> None:
    assert categorise("langley", {"category": "ANY", "category_detail": detail}) == slug


@pytest.mark.parametrize(
    ("tags", "slug"),
    [
        ({"amenity": "restaurant"}, "restaurant"),
        ({"amenity": "clinic"}, "primary_care"),
        ({"amenity": "clinic", "healthcare": "physiotherapist"}, "physiotherapy"),
        (
            {
                "amenity": "clinic",
                "healthcare": "alternative",
                "healthcare_speciality": "acupuncture",
            },
            "acupuncture",
        ),
        ({"amenity": "doctors", "healthcare_speciality": "cardiology"}, "specialist_care"),
        ({"amenity": "hospital", "healthcare_speciality": "mental_health"}, "hospital"),
        ({"leisure": "fitness_centre"}, "fitness"),
        ({"leisure": "fitness_centre", "sport": "yoga;pilates"}, "yoga_pilates"),
        ({"leisure": "fitness_centre", "sport": "multi"}, "fitness"),
        ({"amenity": "dojo", "sport": "yoga"}, "yoga_pilates"),
        ({"amenity": "dojo"}, "martial_arts"),
        ({"amenity": "pharmacy", "shop": "chemist"}, "pharmacy"),
        ({"amenity": "moon base"}, "other"),
        ({}, "other"),
    ],
)
def test_map_tags_decide_in_order(tags: dict[str, str], slug: str) -> None:
    assert categorise("osm", tags) == slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Edgemont Chiropractic Clinic", "chiropractic"),
        ("Cheam Centre Counselling", "counselling"),
        ("University Village Medical & Dental Clinic", "dental"),
        ("Precision Hearing Clinic", "specialist_care"),
        ("Yaletown medical clinic", "primary_care"),
        ("Spinal Rehab Clinic", "rehabilitation"),
        ("Bute Street Clinic", "primary_care"),
    ],
)
def test_vague_tag_asks_the_words_of_the_name(name: str, slug: str) -> None:
    assert categorise("osm", {"amenity": "clinic"}, text=name) == slug


def test_clear_tag_does_not_ask_the_name() -> None:
    assert categorise("osm", {"amenity": "pub"}, text="The Dental Yoga Spa") == "bar_pub"


def test_naics_decides_where_no_tag_does() -> None:
    assert categorise("own", {"naics_code": "621310"}) == "chiropractic"
    assert categorise("own", {"naics_code": "722511"}) == "restaurant"
    assert categorise("own", {"naics_code": "999999"}) == "other"
    assert categorise("own", {"naics_code": "n/a"}) == "other"


@pytest.mark.parametrize("text", ["yoga_pilates", "Yoga and Pilates", " YOGA AND PILATES "])
def test_own_words_are_our_slugs_and_labels(text: str) -> None:
    assert categorise("own", {"category": text}) == "yoga_pilates"


def test_unknown_vocabulary_is_refused() -> None:
    with pytest.raises(UnknownVocabulary):
        categorise("moon", {})


def test_categories_all_have_a_group_with_a_label() -> None:
    assert {category.group for category in CATEGORIES.values()} == set(GROUPS)
    assert group_of("spa") == "health_wellness"
    assert group_of("no such thing") == "other"
    assert VOCABULARIES == ("langley", "osm", "own")


def test_names_stay_within_the_columns_that_keep_them() -> None:
    assert max(len(slug) for slug in [*CATEGORIES, *GROUPS]) <= 40
