"""Conditions and verdicts as PostgreSQL expressions over a jsonb column of facts.

They come out as in Python: NULL is unknown, and so is JSON of the wrong type, out of range or
outside the choices. SQL's own AND, OR and NOT are Kleene's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from revenue.policies.catalogue import CATALOGUE
from revenue.policies.comparing import ascii_lower, is_positive, number_range, wanted_members
from revenue.policies.conditions import AllOf, Leaf, Node, Not, PolicyText, Rule, children
from revenue.policies.vocabulary import Effect, Fact, FactType, Mode, Operator, Stage

_COLUMN = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?")
_NOT_A_STRING = """'strict $[*] ? (@.type() != "string")'"""


@dataclass(frozen=True, slots=True)
class Expression:
    """SQL with ``%s`` places, for psycopg or Django's ``RawSQL``, and what goes there."""

    sql: str
    params: tuple[object, ...] = ()


def condition_sql(condition: Node, *, column: str = "facts") -> Expression:
    """A boolean expression that is true, false or NULL like the condition.

    ``column`` names the jsonb column, such as ``facts`` or ``v.facts``. Raises ``ValueError`` for
    anything but a plain name.
    """
    return _condition(condition, _quoted(column))


def verdict_sql(text: PolicyText, *, column: str = "facts") -> Expression:
    """A text expression: ``deny``, ``hold`` or ``allow``, as ``CompiledPolicy.decide`` says."""
    facts = _quoted(column)
    return _compose(
        "CASE coalesce(({})::int, 2) WHEN 1 THEN 'deny' WHEN 2 THEN 'hold' ELSE CASE"
        " WHEN ({}) IS NOT FALSE THEN 'hold' WHEN {} THEN 'allow' ELSE 'hold' END END",
        _any_rule(_enforced(text, Stage.CONTENT, Effect.DENY), facts),
        _any_rule(_enforced(text, Stage.CONTENT, Effect.HOLD), facts),
        _any_rule(_enforced(text, Stage.CONTENT, Effect.ALLOW), facts),
    )


def deciding_rule_sql(text: PolicyText, *, column: str = "facts") -> Expression:
    """A text expression: the id of the deciding rule, NULL when no rule spoke."""
    facts = _quoted(column)
    denying = _enforced(text, Stage.CONTENT, Effect.DENY)
    stopping = _enforced(text, Stage.CONTENT, Effect.DENY, Effect.HOLD)
    allowing = _enforced(text, Stage.CONTENT, Effect.ALLOW)
    branches = [
        *(_branch("WHEN {} THEN '{}'", rule, facts) for rule in denying),
        *(_branch("WHEN ({}) IS NOT FALSE THEN '{}'", rule, facts) for rule in stopping),
        *(_branch("WHEN {} THEN '{}'", rule, facts) for rule in allowing),
    ]
    if not branches:
        return Expression("NULL::text")
    return _compose(f"CASE {' '.join(['{}'] * len(branches))} END", *branches)


def wait_sql(text: PolicyText, *, column: str = "facts") -> Expression:
    """A boolean expression, never NULL: whether a timing rule makes a delivery wait."""
    timing = _enforced(text, Stage.TIMING, Effect.HOLD)
    return _compose("(({}) IS NOT FALSE)", _any_rule(timing, _quoted(column)))


def _compose(template: str, *parts: Expression) -> Expression:
    params = tuple(param for part in parts for param in part.params)
    return Expression(template.format(*(part.sql for part in parts)), params)


def _quoted(column: str) -> str:
    if not _COLUMN.fullmatch(column):
        raise ValueError(f"not a column: {column!r}")
    return ".".join(f'"{part}"' for part in column.split("."))


def _enforced(text: PolicyText, stage: Stage, *effects: Effect) -> list[Rule]:
    return [
        rule
        for rule in text.rules
        if rule.mode is Mode.ENFORCE and rule.stage is stage and rule.effect in effects
    ]


def _any_rule(rules: Sequence[Rule], facts: str) -> Expression:
    return _group(" OR ", [_condition(rule.when, facts) for rule in rules])


def _branch(template: str, rule: Rule, facts: str) -> Expression:
    """The id stands in the text: its pattern leaves no room for a quote."""
    return _compose(template, _condition(rule.when, facts), Expression(rule.id))


def _group(word: str, parts: Sequence[Expression]) -> Expression:
    if not parts:
        return Expression("FALSE")
    return _compose(f"({word.join(['{}'] * len(parts))})", *parts)


def _condition(condition: Node, facts: str) -> Expression:
    match condition:
        case Leaf():
            return _leaf(condition, facts)
        case Not():
            return _compose("(NOT {})", _condition(condition.not_, facts))
        case _:
            word = " AND " if isinstance(condition, AllOf) else " OR "
            return _group(word, [_condition(child, facts) for child in children(condition)])


def _leaf(leaf: Leaf, facts: str) -> Expression:
    fact = CATALOGUE[leaf.fact]
    value = f"{facts}->'{fact.name}'"
    guard = _guard(fact, value)
    if leaf.op is Operator.IS_KNOWN:
        return _compose("(({}) IS TRUE)", guard)
    if leaf.op is Operator.IS_UNKNOWN:
        return _compose("(({}) IS NOT TRUE)", guard)
    test = _WRITERS[fact.type](fact, leaf, value)
    sign = "" if is_positive(leaf.op) else "NOT "
    return _compose(f"(CASE WHEN {{}} THEN {sign}({{}}) END)", guard, test)


def _guard(fact: Fact, value: str) -> Expression:
    """Whether the value is known; never raises, in whatever order PostgreSQL evaluates it."""
    kind = f"jsonb_typeof({value})"
    match fact.type:
        case FactType.BOOL:
            return Expression(f"{kind} = 'boolean'")
        case FactType.NUMBER:
            bounds = _number(fact.minimum), _number(fact.maximum)
            return Expression(
                f"{kind} = 'number' AND {value} BETWEEN %s::jsonb AND %s::jsonb", bounds
            )
        case FactType.TEXT:
            return Expression(f"{kind} = 'string'")
        case FactType.CHOICE:
            choices = [choice.value for choice in fact.choices]
            return Expression(f"{kind} = 'string' AND {_text(value)} = ANY(%s::text[])", (choices,))
        case FactType.SET:
            strange = f"jsonb_path_exists({value}, {_NOT_A_STRING}, '{{}}', true)"
            return Expression(f"{kind} = 'array' AND NOT {strange}")


def _text(value: str) -> str:
    return value.replace("->'", "->>'")


def _number(value: float) -> str:
    return json.dumps(value)


def _write_bool(_fact: Fact, leaf: Leaf, value: str) -> Expression:
    return Expression(f"{value} = %s::jsonb", (json.dumps(leaf.value),))


def _write_number(fact: Fact, leaf: Leaf, value: str) -> Expression:
    low, high = number_range(fact, leaf)
    return Expression(f"{value} BETWEEN %s::jsonb AND %s::jsonb", (_number(low), _number(high)))


def _write_text(_fact: Fact, leaf: Leaf, value: str) -> Expression:
    if leaf.op is Operator.CONTAINS:
        part = ascii_lower(cast("str", leaf.value))
        lowered = f'lower(({_text(value)}) COLLATE "C")'
        return Expression(f"position(%s::text IN {lowered}) > 0", (part,))
    return Expression(f"{_text(value)} = ANY(%s::text[])", (sorted(wanted_members(leaf)),))


def _write_set(_fact: Fact, leaf: Leaf, value: str) -> Expression:
    operator = "?&" if leaf.op is Operator.HAS_ALL else "?|"
    return Expression(f"{value} {operator} %s::text[]", (sorted(wanted_members(leaf)),))


_WRITERS: dict[FactType, Callable[[Fact, Leaf, str], Expression]] = {
    FactType.BOOL: _write_bool,
    FactType.NUMBER: _write_number,
    FactType.TEXT: _write_text,
    FactType.CHOICE: _write_text,
    FactType.SET: _write_set,
}
