from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from revenue.policies.boundaries import representatives
from revenue.policies.catalogue import CATALOGUE
from revenue.policies.comparing import compile_leaf, is_usable
from revenue.policies.conditions import Leaf, leaves, parse_condition
from revenue.policies.vocabulary import PolicyKind
from tests.revenue.policies.strategies import FACTS, comparisons, right_values


@given(st.data(), st.sampled_from(FACTS))
def test_representatives_cover_every_value_that_a_fact_can_have(
    data: st.DataObject, name: str
) -> None:
    fact = CATALOGUE[name]
    sources = data.draw(st.lists(comparisons((name,)), min_size=1, max_size=4))
    asked = [leaf for source in sources for leaf in leaves(parse_condition(source, PolicyKind.ICP))]
    tests = [compile_leaf(leaf) for leaf in asked]
    value = data.draw(right_values(fact).filter(lambda value: is_usable(fact, value)))
    if fact.whole:
        value = int(value)

    def signature(seen: object) -> tuple[bool | None, ...]:
        return tuple(test({name: seen}.get) for test in tests)

    stand_ins = representatives(fact, asked)

    assert signature(value) in {signature(stand_in) for stand_in in stand_ins}
    assert all(is_usable(fact, stand_in) for stand_in in stand_ins)


def test_representatives_of_a_whole_number_have_no_fractions() -> None:
    asked = [compared("account.locations", "gt", 1), compared("account.locations", "lt", 2)]

    assert representatives(CATALOGUE["account.locations"], asked) == (0, 2)


def test_representatives_of_a_whole_number_lie_between_its_edges_too() -> None:
    asked = [compared("account.locations", "gt", 1), compared("account.locations", "lt", 5)]

    assert representatives(CATALOGUE["account.locations"], asked) == (0, 2, 5)


def test_representatives_of_a_fraction_lie_between_too() -> None:
    asked = [compared("account.rating", "gt", 1), compared("account.rating", "lt", 2)]

    assert representatives(CATALOGUE["account.rating"], asked) == (0, 1.5, 2)


def test_representatives_of_a_text_include_one_that_nobody_mentions() -> None:
    name = "account.country"
    asked = [compared(name, "in", ("CA", "US")), compared(name, "eq", "CA")]

    found = representatives(CATALOGUE[name], asked)

    assert found[:2] == ("CA", "US")
    assert len(found) == 3


def test_representatives_of_many_members_stay_few() -> None:
    members = tuple(f"source-{number}" for number in range(40))
    asked = [compared("account.source_names", "has_any", (member,)) for member in members]

    assert len(representatives(CATALOGUE["account.source_names"], asked)) == 42


def compared(name: str, op: str, value: Any) -> Leaf:
    return Leaf.model_validate({"fact": name, "op": op, "value": value})
