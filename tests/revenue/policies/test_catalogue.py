from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from revenue.models import PolicyKind as StoredKind
from revenue.models import RelationshipKind
from revenue.policies.catalogue import CATALOGUE, facts_for, facts_to_json
from revenue.policies.vocabulary import OPERATORS, Fact, FactType, PolicyKind, Unit


@pytest.mark.parametrize("fact", CATALOGUE.values(), ids=lambda fact: fact.name)
def test_fact_is_described_completely(fact: Fact) -> None:
    assert fact.name == fact.name.lower()
    assert fact.name.count(".") == 1
    assert fact.kinds
    assert fact.label
    assert fact.label[0].islower()
    assert not fact.label.endswith(".")
    assert fact.how.endswith(".")
    assert bool(fact.choices) or fact.type is not FactType.CHOICE
    assert not fact.choices or fact.type in {FactType.CHOICE, FactType.SET}
    assert bool(fact.yes and fact.no) is (fact.type is FactType.BOOL)
    assert fact.minimum < fact.maximum
    assert fact.unit is Unit.PLAIN or fact.type is FactType.NUMBER


def test_facts_for_each_kind_are_its_own() -> None:
    icp, send = (facts_for(kind) for kind in (PolicyKind.ICP, PolicyKind.SEND))

    assert "account.category" in icp
    assert "account.category" not in send
    assert "contact.consent" in send
    assert set(icp) | set(send) == set(CATALOGUE)


def test_kinds_are_those_that_versions_are_stored_under() -> None:
    assert [kind.value for kind in PolicyKind] == StoredKind.values


def test_kinds_of_relationship_facts_are_those_that_are_noted() -> None:
    fact = CATALOGUE["account.relationship_kinds"]

    assert [choice.value for choice in fact.choices] == RelationshipKind.values
    assert [choice.label for choice in fact.choices] == [
        f"{label[0].lower()}{label[1:]}" for label in RelationshipKind.labels
    ]


def test_operators_of_every_type_can_ask_whether_a_fact_is_known() -> None:
    assert set(OPERATORS) == set(FactType)
    assert all({"is_known", "is_unknown"} <= set(ops) for ops in OPERATORS.values())


def test_facts_to_json_leaves_out_what_is_unknown_or_of_another_kind() -> None:
    facts = {
        "account.locations": 3,
        "account.has_phone": None,
        "account.source_names": frozenset({"osm", "langley"}),
        "contact.consent": "express",
        "nonsense": 1,
    }

    assert facts_to_json(facts, PolicyKind.ICP) == {
        "account.locations": 3,
        "account.source_names": ["langley", "osm"],
    }


def test_facts_to_json_of_what_json_can_not_hold_names_its_type() -> None:
    facts = {
        "account.locations": float("nan"),
        "account.rating": float("inf"),
        "account.city": datetime.now(UTC),
        "account.name": "a\x00b",
        "account.trade": "\ud800",
        "account.source_names": ["osm", 3],
    }

    stored = facts_to_json(facts, PolicyKind.ICP)

    assert json.loads(json.dumps(stored, allow_nan=False)) == {
        "account.locations": {"unusable": "float"},
        "account.rating": {"unusable": "float"},
        "account.city": {"unusable": "datetime"},
        "account.name": {"unusable": "str"},
        "account.trade": {"unusable": "str"},
        "account.source_names": {"unusable": "list"},
    }


def test_facts_to_json_of_a_labelled_choice_keeps_its_value() -> None:
    facts = {"account.country": StoredKind.ICP}

    stored = facts_to_json(facts, PolicyKind.ICP)

    assert type(stored["account.country"]) is str
    assert stored == {"account.country": "icp"}


def test_is_fresh_after_the_limit_is_false() -> None:
    seen = datetime(2026, 1, 1, tzinfo=UTC)
    rating = CATALOGUE["account.rating"]

    assert rating.is_fresh(seen, seen + timedelta(days=30))
    assert not rating.is_fresh(seen, seen + timedelta(days=30, seconds=1))
    assert CATALOGUE["account.country"].is_fresh(seen, seen + timedelta(days=9999))
