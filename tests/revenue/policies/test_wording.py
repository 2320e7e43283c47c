from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from revenue.policies.catalogue import CATALOGUE
from revenue.policies.comparing import compile_leaf
from revenue.policies.conditions import Leaf, leaves, parse_condition
from revenue.policies.vocabulary import FactType, PolicyKind
from revenue.policies.wording import (
    condition_words,
    fact_words,
    leaf_sentence,
    leaf_words,
    value_words,
)
from tests.revenue.policies.strategies import conditions


def parsed(source: dict[str, Any]) -> Any:
    kind = next(iter(CATALOGUE[source["fact"]].kinds)) if "fact" in source else PolicyKind.ICP
    return parse_condition(source, kind)


def leaf(fact: str, op: str, value: Any = None) -> Leaf:
    given_value = {} if value is None else {"value": value}
    condition = parsed({"fact": fact, "op": op} | given_value)
    assert isinstance(condition, Leaf)
    return condition


@pytest.mark.parametrize(
    ("fact", "value", "expected"),
    [
        ("account.locations", 3, "3"),
        ("account.locations", None, "not known"),
        ("account.locations", "3", "not usable"),
        ("account.locations", -3, "not usable"),
        ("account.has_phone", True, "yes"),
        ("account.category", "yoga_pilates", "Yoga and Pilates"),
        ("account.country", "CA", "CA"),
        ("account.source_names", ["osm", "langley"], "langley and osm"),
        ("account.source_names", [], "nothing"),
        ("account.rating", 4.5, "4.5"),
        ("account.days_since_touch", 14, "14 days"),
        ("account.days_since_touch", 1, "1 day"),
        ("account.days_since_touch", 2.345, "2.35 days"),
        ("account.days_since_touch", 0.25, "6 hours"),
        ("account.days_since_touch", 1 / 24, "1 hour"),
        ("account.days_since_touch", 0.001, "1 minute"),
        ("account.days_since_touch", 0.0001, "less than a minute"),
        ("send.age_hours", 1.5, "1.5 hours"),
        ("mailbox.bounce_rate_30d", 0.03, "3 %"),
        ("mailbox.complaint_rate_30d", 0.001, "0.1 %"),
        ("contact.local_hour", 17.5, "17:30"),
        ("contact.local_hour", 8, "08:00"),
        ("contact.local_weekday", 2, "Tuesday"),
    ],
)
def test_value_in_words(fact: str, value: object, expected: str) -> None:
    assert value_words(CATALOGUE[fact], value) == expected


@pytest.mark.parametrize(
    ("fact", "value", "expected"),
    [
        ("account.locations", 3, "the number of locations is 3"),
        ("account.locations", None, "the number of locations is not known"),
        ("account.has_phone", True, "the business has a phone"),
        ("account.has_phone", False, "the business has no phone"),
        ("account.has_phone", None, "it is not known whether the business has a phone"),
        ("account.source_names", [], "the set of sources is empty"),
        ("account.source_names", ["osm", "own"], "the set of sources is osm and own"),
        ("account.source_names", None, "the set of sources is not known"),
    ],
)
def test_fact_with_its_value_as_a_clause(fact: str, value: object, expected: str) -> None:
    assert fact_words(CATALOGUE[fact], value) == expected


@pytest.mark.parametrize(
    ("comparison", "expected", "opposite"),
    [
        (
            leaf("account.locations", "ge", 2),
            "the number of locations is at least 2",
            "the number of locations is less than 2",
        ),
        (
            leaf("account.locations", "eq", 2),
            "the number of locations is 2",
            "the number of locations is anything but 2",
        ),
        (
            leaf("account.locations", "gt", 0),
            "the number of locations is more than 0",
            "the number of locations is 0",
        ),
        (
            leaf("account.locations", "between", [2, 5]),
            "the number of locations is between 2 and 5",
            "not (the number of locations is between 2 and 5)",
        ),
        (
            leaf("account.has_website", "is", False),
            "the business has no website",
            "the business has a website",
        ),
        (
            leaf("account.category", "in", ["spa", "massage", "fitness"]),
            "the line of business is Spa, Massage or Fitness",
            "the line of business is anything but Spa, Massage or Fitness",
        ),
        (
            leaf("account.country", "is_unknown"),
            "the country of the business is not known",
            "the country of the business is known",
        ),
        (
            leaf("account.trade", "contains", "yoga"),
            "the own description of the business contains “yoga”",
            "not (the own description of the business contains “yoga”)",
        ),
        (
            leaf("account.source_names", "has_any", ["osm", "langley"]),
            "the set of sources includes osm or langley",
            "the set of sources includes neither osm nor langley",
        ),
        (
            leaf("account.source_names", "has_none", ["osm"]),
            "the set of sources includes anything but osm",
            "the set of sources includes osm",
        ),
        (
            leaf("contact.local_hour", "ge", 17.5),
            "the local time is 17:30 or later",
            "the local time is before 17:30",
        ),
    ],
)
def test_comparison_in_words_and_its_opposite(
    comparison: Leaf, expected: str, opposite: str
) -> None:
    assert leaf_words(comparison) == expected
    assert leaf_words(comparison, negated=True) == opposite


@pytest.mark.parametrize(
    ("comparison", "seen", "expected"),
    [
        (
            leaf("account.locations", "ge", 2),
            3,
            "number of locations is 3, needs at least 2",
        ),
        (
            leaf("account.locations", "ge", 2),
            None,
            "number of locations is not known, needs at least 2",
        ),
        (
            leaf("account.locations", "ge", 2),
            "many",
            "number of locations is not usable, needs at least 2",
        ),
        (
            leaf("account.trade", "contains", "yoga"),
            "Day spa",
            "own description of the business is Day spa, needs to contain “yoga”",
        ),
        (
            leaf("account.source_names", "has_all", ["osm", "own"]),
            ["osm"],
            "set of sources is osm, needs to include osm and own",
        ),
        (leaf("account.has_phone", "is", True), True, "the business has a phone"),
        (
            leaf("account.has_phone", "is", True),
            False,
            "the business has no phone, needs the opposite",
        ),
        (
            leaf("account.has_phone", "is", True),
            None,
            "it is not known whether the business has a phone",
        ),
        (
            leaf("account.country", "is_known"),
            None,
            "country of the business is not known, needs known",
        ),
    ],
)
def test_comparison_with_the_value_it_saw(comparison: Leaf, seen: object, expected: str) -> None:
    outcome = compile_leaf(comparison)({comparison.fact: seen}.get)

    assert leaf_sentence(comparison, seen, outcome) == expected


def test_long_list_in_words_is_cut() -> None:
    countries = ["AT", "BE", "BG", "CH", "CY", "CZ", "DE"]

    assert leaf_words(leaf("account.country", "in", countries)) == (
        "the country of the business is AT, BE, BG, CH or one of 3 more"
    )


def test_nested_condition_in_words_keeps_its_grouping() -> None:
    many = {"fact": "account.locations", "op": "ge", "value": 2}
    phone = {"fact": "account.has_phone", "op": "is", "value": True}
    site = {"fact": "account.has_website", "op": "is", "value": True}

    assert condition_words(parsed({"all": [many, {"any": [phone, site]}]})) == (
        "the number of locations is at least 2 and (the business has a phone or the business has "
        "a website)"
    )
    assert condition_words(parsed({"not": {"all": [many, {"not": {"any": [phone, site]}}]}})) == (
        "the number of locations is less than 2 or (the business has a phone or the business has "
        "a website)"
    )


@given(conditions())
def test_any_condition_in_words_names_each_fact(source: dict[str, Any]) -> None:
    condition = parse_condition(source, PolicyKind.ICP)

    words = condition_words(condition)

    assert words.count("(") == words.count(")")
    for fact in (CATALOGUE[leaf.fact] for leaf in leaves(condition)):
        names = [fact.label] if fact.type is not FactType.BOOL else [fact.label, fact.yes, fact.no]
        assert any(name in words for name in names)
