"""Ordinary values stand for the same sorts of value as the boundary values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revenue.policies.boundaries import representatives
from revenue.policies.catalogue import CATALOGUE
from revenue.policies.comparing import compile_leaf, is_usable
from revenue.policies.conditions import Leaf, leaves, parse_condition
from revenue.policies.plausible import ORDINARY, sorts
from revenue.policies.vocabulary import Operator, PolicyKind
from tests.revenue.policies.strategies import FACTS, comparisons


@given(st.data(), st.sampled_from(FACTS))
def test_each_sort_of_value_has_one_member(data: st.DataObject, name: str) -> None:
    fact = CATALOGUE[name]
    sources = data.draw(st.lists(comparisons((name,)), min_size=1, max_size=4))
    asked = [leaf for source in sources for leaf in leaves(parse_condition(source, PolicyKind.ICP))]
    tests = [compile_leaf(leaf) for leaf in asked]

    def signature(seen: object) -> tuple[bool | None, ...]:
        return tuple(test({name: seen}.get) for test in tests)

    ordinary = [signature(value) for value in sorts(fact, asked)]

    assert len(set(ordinary)) == len(ordinary)
    assert set(ordinary) == {signature(value) for value in representatives(fact, asked)}


@pytest.mark.parametrize("name", list(ORDINARY))
def test_ordinary_values_are_usable(name: str) -> None:
    fact = CATALOGUE[name]

    assert all(is_usable(fact, value) for value in ORDINARY[name])
    assert not fact.whole or all(isinstance(value, int) for value in ORDINARY[name])


@pytest.mark.parametrize(
    ("name", "op", "value", "expected"),
    [
        ("mailbox.cap_left", Operator.LE, -5, (12, -5)),
        ("account.touches_90d", Operator.GE, 30, (0, 30)),
        ("mailbox.bounce_rate_30d", Operator.GT, 0.2, (0.01, 0.4)),
        ("account.trade", Operator.CONTAINS, "Sauna", ("physiotherapy clinic", "sauna")),
        ("contact.country", Operator.EQ, "AT", ("US", "AT")),
    ],
)
def test_sort_without_an_ordinary_value_gets_one_near_the_boundary(
    name: str, op: Operator, value: str | float, expected: tuple[object, ...]
) -> None:
    assert sorts(CATALOGUE[name], [Leaf(fact=name, op=op, value=value)]) == expected
