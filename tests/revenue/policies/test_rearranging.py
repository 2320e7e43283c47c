"""Small changes to a text by button."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revenue.policies.conditions import PolicyText, parse_policy
from revenue.policies.rearranging import arranged
from revenue.policies.vocabulary import Mode


def text_of(*ids: str) -> PolicyText:
    rules = [
        {
            "id": rule_id,
            "when": {"fact": "account.locations", "op": "ge", "value": 2},
            "effect": "hold",
            "reason": "They are large.",
            "owner": "founder",
        }
        for rule_id in ids
    ]
    return parse_policy({"kind": "icp", "title": "Ours", "rules": rules})


def ids(text: PolicyText) -> str:
    return "".join(rule.id for rule in text.rules)


@pytest.mark.parametrize(
    ("act", "order", "note"),
    [
        ("up:b", "bac", "Moved “b” to place 1 of 3."),
        ("down:b", "acb", "Moved “b” to place 3 of 3."),
        ("up:a", "abc", "Moved “a” to place 1 of 3."),
        ("remove:b", "ac", "Took out “b”."),
        ("remove:z", "abc", ""),
        ("explode:b", "abc", ""),
        ("", "abc", ""),
    ],
)
def test_a_button_does_what_it_says(act: str, order: str, note: str) -> None:
    done = arranged(text_of("a", "b", "c"), act)

    assert (ids(done.text), done.note) == (order, note)


@pytest.mark.parametrize("mode", list(Mode))
def test_a_rule_is_switched(mode: Mode) -> None:
    done = arranged(text_of("a", "b"), f"{mode}:b")

    assert [rule.mode for rule in done.text.rules] == [Mode.ENFORCE, mode]


@pytest.mark.parametrize(
    ("order", "result"),
    [
        ("c,a,b", "cdab"),
        ("d,c,b,a", "dcba"),
        ("c,a", "cdab"),
        ("", "abcd"),
        ("z,b,a", "bcda"),
    ],
)
def test_rules_that_an_order_does_not_name_stay_behind_the_one_before(
    order: str, result: str
) -> None:
    assert ids(arranged(text_of(*"abcd"), "order", order).text) == result


@given(order=st.permutations("abcdef"))
def test_an_order_of_all_rules_is_taken_as_it_is(order: list[str]) -> None:
    assert ids(arranged(text_of(*"abcdef"), "order", ",".join(order)).text) == "".join(order)
