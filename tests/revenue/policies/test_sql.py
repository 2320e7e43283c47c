from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from revenue.policies.comparing import compile_leaf
from revenue.policies.conditions import Node, PolicyText, leaves, parse_condition
from revenue.policies.evaluation import compile_policy
from revenue.policies.kleene import combine
from revenue.policies.seeds import seed_policy
from revenue.policies.sql import (
    Expression,
    condition_sql,
    deciding_rule_sql,
    source_sql,
    verdict_sql,
    wait_sql,
)
from revenue.policies.vocabulary import Effect, PolicyKind
from tests.revenue.policies.strategies import conditions, facts, policies

pytestmark = pytest.mark.django_db

in_database = settings(
    max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ODD_NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(10**18), 10**18),
    st.sampled_from([0.1 + 0.2, -0.0, 1e-300, 1e300, 4.999999999999999, 10**15, 10**15 + 1]),
)
ODD_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


def computed(
    write: Callable[..., list[Expression]], names: Iterable[str], seen: list[dict[str, Any]]
) -> list[tuple[Any, ...]]:
    """What PostgreSQL makes of the expressions for each of the facts, in either way of reading."""
    alone = _selected(write(column="v.facts"), "", seen)
    joined = _selected(
        write(source="fact"), f"CROSS JOIN {source_sql(names, column='v.facts').sql}", seen
    )
    assert alone == joined
    return alone


def _selected(
    expressions: list[Expression], join: str, seen: list[dict[str, Any]]
) -> list[tuple[Any, ...]]:
    columns = ", ".join(expression.sql for expression in expressions)
    query = (
        f"SELECT {columns} FROM jsonb_array_elements(%s::jsonb)"  # noqa: S608
        f" WITH ORDINALITY AS v(facts, n) {join} ORDER BY v.n"
    )
    params = [param for expression in expressions for param in expression.params]
    with connection.cursor() as cursor:
        cursor.execute(query, [*params, json.dumps(seen)])
        return [tuple(row) for row in cursor.fetchall()]


def conditions_computed(
    parsed: list[Node], seen: list[dict[str, Any]]
) -> list[tuple[bool | None, ...]]:
    names = {leaf.fact for condition in parsed for leaf in leaves(condition)}
    return computed(lambda **place: [condition_sql(one, **place) for one in parsed], names, seen)


def policy_computed(text: PolicyText, seen: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Effect, deciding rule and whether to wait."""
    return computed(
        lambda **place: [
            verdict_sql(text, **place),
            deciding_rule_sql(text, **place),
            wait_sql(text, **place),
        ],
        compile_policy(text).program(timing=True).facts,
        seen,
    )


@in_database
@given(st.lists(conditions(), min_size=1, max_size=10), st.lists(facts(), min_size=1, max_size=15))
def test_conditions_in_sql_agree_with_python(
    sources: list[dict[str, Any]], seen: list[dict[str, Any]]
) -> None:
    parsed = [parse_condition(source, PolicyKind.ICP) for source in sources]
    tests = [combine(condition, compile_leaf) for condition in parsed]

    rows = conditions_computed(parsed, seen)

    assert rows == [tuple(test(one.get) for test in tests) for one in seen]


@in_database
@given(policies(), st.lists(facts(), min_size=1, max_size=25))
def test_verdicts_in_sql_agree_with_python(text: PolicyText, seen: list[dict[str, Any]]) -> None:
    policy = compile_policy(text)

    rows = policy_computed(text, seen)

    decisions = [policy.decide(one, timing=True) for one in seen]
    assert rows == [(d.effect, d.rule, d.wait is not None) for d in decisions]


@in_database
@given(
    st.lists(st.sampled_from(["lt", "le", "gt", "ge", "eq", "ne"]), min_size=1, max_size=6),
    st.integers(-(10**15), 10**15) | st.floats(-(10**15), 10**15),
    st.lists(ODD_NUMBERS, min_size=1, max_size=20),
)
def test_odd_numbers_in_sql_compare_as_in_python(
    ops: list[str], value: float, seen: list[float]
) -> None:
    name = "mailbox.cap_left"
    bounded = max(-(10**9), min(10**9, int(value)))
    parsed = [
        parse_condition({"fact": name, "op": op, "value": bounded}, PolicyKind.SEND) for op in ops
    ]
    tests = [combine(condition, compile_leaf) for condition in parsed]
    near = [*seen, bounded, bounded + 1, bounded - 0.5, float(bounded)]

    rows = conditions_computed(parsed, [{name: number} for number in near])

    assert rows == [tuple(test({name: number}.get) for test in tests) for number in near]


@in_database
@given(
    st.lists(ODD_TEXTS.filter(lambda text: text.isprintable() and text), min_size=1, max_size=5),
    st.lists(ODD_TEXTS, min_size=1, max_size=20),
)
def test_odd_texts_in_sql_compare_as_in_python(wanted: list[str], seen: list[str]) -> None:
    name = "account.trade"
    parsed = [
        parse_condition({"fact": name, "op": op, "value": value}, PolicyKind.ICP)
        for value in wanted
        for op in ("eq", "ne", "contains")
    ]
    tests = [combine(condition, compile_leaf) for condition in parsed]
    near = [*seen, *wanted, *(f"x{text.upper()}y" for text in wanted)]

    rows = conditions_computed(parsed, [{name: text} for text in near])

    assert rows == [tuple(test({name: text}.get) for test in tests) for text in near]


@pytest.mark.parametrize("kind", PolicyKind)
def test_seed_policies_in_sql_agree_with_python(kind: PolicyKind) -> None:
    text = seed_policy(kind)
    policy = compile_policy(text)
    seen: list[dict[str, Any]] = [
        {},
        {"account.category": "spa", "account.category_group": "health_wellness"},
        {"account.is_national_chain": True},
        {"send.kind": "reply", "contact.suppressed": False},
        {"contact.suppressed": True},
    ]

    rows = policy_computed(text, seen)

    decisions = [policy.decide(one, timing=True) for one in seen]
    assert rows == [(d.effect, d.rule, d.wait is not None) for d in decisions]


def test_policy_without_rules_in_sql_holds() -> None:
    empty = PolicyText(kind=PolicyKind.ICP, title="Empty", rules=())

    assert policy_computed(empty, [{}]) == [(Effect.HOLD, None, False)]


@pytest.mark.parametrize("column", ["facts; DROP TABLE x", 'a"b', "a.b.c", "", "Facts", "a b"])
def test_column_that_is_no_plain_name_is_refused(column: str) -> None:
    text = seed_policy(PolicyKind.ICP)

    writers: list[Callable[[], Expression]] = [
        lambda: verdict_sql(text, column=column),
        lambda: verdict_sql(text, source=column),
        lambda: source_sql(["account.category"], column=column),
        lambda: source_sql(["account.category"], alias=column),
    ]
    for write in writers:
        with pytest.raises(ValueError, match="not a column"):
            write()


def test_values_travel_as_parameters() -> None:
    text = "'); DROP TABLE account; --"
    condition = parse_condition(
        {"fact": "account.trade", "op": "contains", "value": text}, PolicyKind.ICP
    )

    expression = condition_sql(condition)

    assert "DROP" not in expression.sql
    assert conditions_computed([condition], [{"account.trade": f"x{text}"}]) == [(True,)]
