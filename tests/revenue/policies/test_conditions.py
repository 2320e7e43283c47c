from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from revenue.policies.conditions import (
    AllOf,
    AnyOf,
    Leaf,
    Not,
    PolicyText,
    leaves,
    parse_condition,
    parse_policy,
)
from revenue.policies.faults import PolicyInvalid
from revenue.policies.limits import MAX_BYTES, MAX_DEPTH, MAX_NODES, MAX_RULES
from revenue.policies.vocabulary import Mode, Operator, PolicyKind, Stage
from tests.revenue.policies.strategies import policies

LEAF = {"fact": "account.locations", "op": "ge", "value": 2}


def rule(**changes: Any) -> dict[str, Any]:
    return {
        "id": "several-places",
        "when": LEAF,
        "effect": "allow",
        "reason": "The more places, the better.",
        "owner": "founder",
    } | changes


def policy(*rules: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"kind": "icp", "title": "A test", "rules": list(rules)} | changes


def faults(source: Any) -> list[str]:
    with pytest.raises(PolicyInvalid) as caught:
        parse_policy(source)
    return [str(fault) for fault in caught.value.faults]


def condition_faults(source: Any, kind: PolicyKind = PolicyKind.ICP) -> list[str]:
    with pytest.raises(PolicyInvalid) as caught:
        parse_condition(source, kind)
    return [str(fault) for fault in caught.value.faults]


def test_parse_condition_nested_keeps_its_shape() -> None:
    condition = parse_condition(
        {"all": [LEAF, {"not": {"any": [{"fact": "account.has_phone", "op": "is_known"}]}}]},
        PolicyKind.ICP,
    )

    assert condition == AllOf(
        all=(
            Leaf(fact="account.locations", op=Operator.GE, value=2),
            Not(not_=AnyOf(any=(Leaf(fact="account.has_phone", op=Operator.IS_KNOWN),))),
        )
    )
    assert [leaf.fact for leaf in leaves(condition)] == ["account.locations", "account.has_phone"]


def test_parse_policy_without_mode_and_stage_enforces_content() -> None:
    parsed = parse_policy(policy(rule()))

    assert (parsed.rules[0].mode, parsed.rules[0].stage) == (Mode.ENFORCE, Stage.CONTENT)
    assert parsed.rules[0].name == "several places"
    assert parsed.rule("several-places") is parsed.rules[0]
    with pytest.raises(KeyError):
        parsed.rule("another")


def test_policy_text_can_not_be_changed() -> None:
    parsed = parse_policy(policy(rule()))

    with pytest.raises(ValidationError, match="frozen"):
        parsed.title = "Another"


@given(policies())
def test_to_json_of_any_policy_reads_back_equal(text: PolicyText) -> None:
    again = parse_policy(json.dumps(text.to_json()))

    assert again == text
    assert again.content_hash == text.content_hash


def test_content_hash_differs_when_a_value_differs() -> None:
    one = parse_policy(policy(rule()))
    other = parse_policy(policy(rule(when=LEAF | {"value": 3})))

    assert one.content_hash != other.content_hash
    assert len(one.content_hash) == 64


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{", "$: This is not JSON: Expecting property name enclosed in double quotes"),
        ('{"kind": NaN}', "$: NaN is not a number."),
        ('{"kind": "icp", "kind": "send"}', "$: The name 'kind' stands twice in one object."),
        ("[1]", "$: An object in braces is needed."),
        (b"\xff\xfe", "$: This is not JSON"),
        ("[" * 100_000, "$: The text is nested too deeply."),
        ('"' + "x" * MAX_BYTES + '"', "$: The text is larger than 512 KB."),
    ],
)
def test_parse_policy_of_broken_text_says_why(source: str | bytes, expected: str) -> None:
    found = faults(source)

    assert len(found) == 1
    assert found[0].startswith(expected)


def test_parse_policy_deeper_than_the_limit_is_refused() -> None:
    when: dict[str, Any] = LEAF
    for _ in range(MAX_DEPTH):
        when = {"not": when}

    assert faults(policy(rule(when=when))) == [f"$: Nested deeper than {MAX_DEPTH} levels."]


def test_parse_policy_with_a_condition_ten_deep_is_accepted() -> None:
    when: dict[str, Any] = LEAF
    for _ in range(5):
        when = {"not": {"all": [when]}}

    assert parse_policy(policy(rule(when=when))).rules[0].id == "several-places"


def test_parse_policy_with_too_many_values_is_refused() -> None:
    when = {"any": [LEAF] * (MAX_NODES // 4)}

    assert faults(policy(rule(when=when))) == [f"$: There are more than {MAX_NODES} values."]


def test_parse_policy_with_too_many_rules_is_refused() -> None:
    rules = [rule(id=f"r{number}") for number in range(MAX_RULES + 1)]

    assert faults(policy(*rules)) == [f"$.rules: No more than {MAX_RULES} entries are allowed."]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (policy(rule(), extra=1), "$.extra: There is no such field here."),
        (policy(rule(), kind="other"), "$.kind: This must be one of: 'icp' or 'send'."),
        ({"kind": "icp", "rules": []}, "$.title: This is missing."),
        (
            policy(rule(), title="\ud800"),
            "$.title: Input should be a valid string, unable to parse",
        ),
        (policy(rule(), rules={}), "$.rules: A list is needed."),
        (policy(rule(id="A b")), "$.rules[0].id: An id has small letters, digits and hyphens"),
        (policy(rule(id="x" * 65)), "$.rules[0].id: An id has small letters, digits and hyphens"),
        (policy(rule(effect="send")), "$.rules[0].effect: This must be one of: 'deny'"),
        (policy(rule(reason="a\nb")), "$.rules[0].reason: Line breaks and control characters"),
        (policy(rule(owner="")), "$.rules[0].owner: This text is too short."),
        (policy(rule(reason="x" * 401)), "$.rules[0].reason: This text is longer than 400"),
        (policy(rule(when={"all": []})), "$.rules[0].when.all: At least one entry is needed."),
        (policy(rule(when=7)), "$.rules[0].when: An object in braces is needed."),
        (policy(rule(), rule()), "$.rules[1].id: Another rule has the id several-places already."),
        (
            policy(rule(stage="timing")),
            "$.rules[0].effect: A timing rule can only hold: it makes delivery wait.",
        ),
        (
            policy(rule(when={"any": [LEAF], "all": [LEAF]})),
            "$.rules[0].when.any: There is no such field here.",
        ),
    ],
)
def test_parse_policy_with_one_fault_names_path_and_reason(source: Any, expected: str) -> None:
    found = faults(source)

    assert len(found) == 1
    assert found[0].startswith(expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"fact": "account.mood", "op": "is_known"}, "$.fact: There is no fact named"),
        ({"fact": "send.kind", "op": "is_known"}, "$.fact: A policy of the kind icp can't read"),
        ({"fact": "account.locations", "op": "is", "value": True}, "$.op: account.locations is a"),
        ({"fact": "account.locations", "op": "ge"}, "$.value: This is missing."),
        (LEAF | {"value": "2"}, "$.value: A number is needed."),
        (LEAF | {"value": True}, "$.value: A number is needed."),
        (LEAF | {"value": 2.5}, "$.value: account.locations is a whole number."),
        (LEAF | {"value": -1}, "$.value: account.locations is 0 or more"),
        (
            {"fact": "account.rating", "op": "le", "value": 6},
            "$.value: account.rating lies betw",
        ),
        (LEAF | {"value": float("nan")}, "$.value: A value is true or false"),
        (LEAF | {"value": {"a": 1}}, "$.value: A value is true or false"),
        (LEAF | {"op": "between", "value": [3, 2]}, "$.value: The first number must not be above"),
        (LEAF | {"op": "between", "value": [3]}, "$.value: A list of two numbers is needed"),
        (LEAF | {"op": "is_known"}, "$.value: is_known takes no value."),
        ({"fact": "account.has_phone", "op": "is", "value": 1}, "$.value: true or false is needed"),
        (
            {"fact": "account.category", "op": "in", "value": ["spa", "moon"]},
            "$.value: account.category is one of: fitness,",
        ),
        (
            {"fact": "account.category", "op": "in", "value": ["spa", "spa"]},
            "$.value: An entry stands twice in this list.",
        ),
        ({"fact": "account.category", "op": "in", "value": "spa"}, "$.value: A list is needed."),
        (
            {"fact": "account.country", "op": "in", "value": []},
            "$.value: A list of 1 to 500 entries is needed.",
        ),
        (
            {"fact": "account.country", "op": "in", "value": ["a", None]},
            "$.value[1]: A value is true or false",
        ),
        ({"not": {"all": [LEAF, LEAF | {"value": "x"}]}}, "$.not.all[1].value: A number is needed"),
        ({"op": "ge"}, "$.fact: This is missing."),
    ],
)
def test_parse_condition_that_does_not_fit_the_catalogue_says_why(
    source: dict[str, Any], expected: str
) -> None:
    assert condition_faults(source)[0].startswith(expected)


def test_parse_policy_with_several_faults_names_each_once() -> None:
    found = faults(
        policy(
            rule(when={"all": [LEAF | {"value": "x"}, {"fact": "account.has_phone", "op": "ge"}]}),
            rule(id="second", when={"fact": "nothing", "op": "is_known"}),
        )
    )

    assert [line.split(":")[0] for line in found] == [
        "$.rules[0].when.all[0].value",
        "$.rules[0].when.all[1].op",
        "$.rules[1].when.fact",
    ]
