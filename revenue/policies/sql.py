"""Conditions and verdicts as PostgreSQL expressions over a jsonb column of facts.

They come out as in Python: NULL is unknown, and so is JSON of the wrong type, out of range or
outside the choices. SQL's own AND, OR and NOT are Kleene's.

Each expression stands alone over a jsonb ``column``. Over many rows it is several times faster to
join ``source_sql`` once, which reads and checks each fact once, and to take the facts from there::

    SELECT {verdict_sql(text, source="fact")} FROM revenue_verdict AS v
    CROSS JOIN {source_sql(names, column="v.facts")}
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from revenue.policies.catalogue import CATALOGUE
from revenue.policies.comparing import ascii_lower
from revenue.policies.conditions import AllOf, Leaf, Node, Not, PolicyText, Rule, children
from revenue.policies.vocabulary import Effect, Fact, FactType, Mode, Operator, Stage

_COLUMN = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?")
_NOT_A_STRING = """'strict $[*] ? (@.type() != "string")'"""
_ORDER = {Operator.LT: "<", Operator.LE: "<=", Operator.GT: ">", Operator.GE: ">="}
_EQUALITY = {Operator.EQ: "=", Operator.NE: "<>"}
_Reader: TypeAlias = Callable[[Fact], str]
"""Writes the typed value of a fact; NULL where it is not known."""


@dataclass(frozen=True, slots=True)
class Expression:
    """SQL with ``%s`` places, for psycopg or Django's ``RawSQL``, and what goes there."""

    sql: str
    params: tuple[Any, ...] = ()


def condition_sql(
    condition: Node, *, column: str = "facts", source: str | None = None
) -> Expression:
    """A boolean expression that is true, false or NULL like the condition.

    ``column`` is the jsonb column, such as ``v.facts``; ``source`` the alias of a joined
    ``source_sql``, which then is read instead. Raises ``ValueError`` for anything but plain names.
    """
    return _condition(condition, _reader(column, source))


def verdict_sql(
    text: PolicyText, *, column: str = "facts", source: str | None = None
) -> Expression:
    """A text expression: ``deny``, ``hold`` or ``allow``, as ``CompiledPolicy.decide`` says."""
    read = _reader(column, source)
    return _compose(
        "CASE coalesce(({})::int, 2) WHEN 1 THEN 'deny' WHEN 2 THEN 'hold' ELSE CASE"
        " WHEN ({}) IS NOT FALSE THEN 'hold' WHEN {} THEN 'allow' ELSE 'hold' END END",
        _any_rule(_enforced(text, Stage.CONTENT, Effect.DENY), read),
        _any_rule(_enforced(text, Stage.CONTENT, Effect.HOLD), read),
        _any_rule(_enforced(text, Stage.CONTENT, Effect.ALLOW), read),
    )


def deciding_rule_sql(
    text: PolicyText, *, column: str = "facts", source: str | None = None
) -> Expression:
    """A text expression: the id of the deciding rule, NULL when no rule spoke."""
    read = _reader(column, source)
    denying = _enforced(text, Stage.CONTENT, Effect.DENY)
    stopping = _enforced(text, Stage.CONTENT, Effect.DENY, Effect.HOLD)
    allowing = _enforced(text, Stage.CONTENT, Effect.ALLOW)
    branches = [
        *(_branch("WHEN {} THEN '{}'", rule, read) for rule in denying),
        *(_branch("WHEN ({}) IS NOT FALSE THEN '{}'", rule, read) for rule in stopping),
        *(_branch("WHEN {} THEN '{}'", rule, read) for rule in allowing),
    ]
    if not branches:
        return Expression("NULL::text")
    return _compose(f"CASE {' '.join(['{}'] * len(branches))} END", *branches)


def wait_sql(text: PolicyText, *, column: str = "facts", source: str | None = None) -> Expression:
    """A boolean expression, never NULL: whether a timing rule makes a delivery wait."""
    timing = _enforced(text, Stage.TIMING, Effect.HOLD)
    return _compose("(({}) IS NOT FALSE)", _any_rule(timing, _reader(column, source)))


def any_sql(
    conditions: Sequence[Node], *, column: str = "facts", source: str | None = None
) -> Expression:
    """A boolean expression like ``condition_sql``: whether any of these holds; false for none."""
    read = _reader(column, source)
    return _group(" OR ", [_condition(condition, read) for condition in conditions])


def source_sql(names: Iterable[str], *, column: str = "facts", alias: str = "fact") -> Expression:
    """An item for FROM that has each named fact as a typed column, NULL where it is not known.

    ``OFFSET 0`` keeps the planner from writing the extraction out again for every comparison.
    """
    raw, typed = _extraction(names, column)
    return Expression(
        f"LATERAL (SELECT {typed or 'NULL'} FROM (SELECT {raw or 'NULL'} OFFSET 0) AS raw"  # noqa: S608
        f" OFFSET 0) AS {_quoted(alias)}"
    )


def rows_sql(names: Iterable[str], *, rows: str, columns: Sequence[str], alias: str) -> str:
    """An item for FROM with the columns of the rows of ``v`` and each named fact beside them.

    ``rows`` follows FROM and calls its table ``v``, whose facts are in ``v.facts``. A microsecond
    a row faster than joining ``source_sql``, for statements over very many rows.
    """
    raw, typed = _extraction(names, "v.facts")
    inner = ", ".join([f"v.{_quoted(column)}" for column in columns] + [raw] * bool(raw))
    outer = ", ".join([f"raw.{_quoted(column)}" for column in columns] + [typed] * bool(typed))
    return (
        f"(SELECT {outer} FROM (SELECT {inner} FROM {rows} OFFSET 0) AS raw"  # noqa: S608
        f" OFFSET 0) AS {_quoted(alias)}"
    )


def _extraction(names: Iterable[str], column: str) -> tuple[str, str]:
    """Select lists that take the facts out of the column, and that check what was taken out."""
    facts = [CATALOGUE[name] for name in dict.fromkeys(names)]
    json_column = _quoted(column)
    raw = ", ".join(f"{json_column}->'{fact.name}' AS \"{fact.name}\"" for fact in facts)
    typed = ", ".join(f'{_typed(fact, _named("raw", fact))} AS "{fact.name}"' for fact in facts)
    return raw, typed


def _reader(column: str, source: str | None) -> _Reader:
    if source is not None:
        alias = _quoted(source)
        return lambda fact: _named(alias, fact)
    json_column = _quoted(column)
    return lambda fact: _typed(fact, f"({json_column}->'{fact.name}')")


def _named(alias: str, fact: Fact) -> str:
    return f'{alias}."{fact.name}"'


def _quoted(column: str) -> str:
    if not _COLUMN.fullmatch(column):
        raise ValueError(f"not a column: {column!r}")
    return ".".join(f'"{part}"' for part in column.split("."))


def _typed(fact: Fact, value: str) -> str:
    """The typed value, NULL where unknown. CASE keeps casts from what they would refuse."""
    kind = f"jsonb_typeof({value})"
    match fact.type:
        case FactType.BOOL:
            return f"CASE WHEN {kind} = 'boolean' THEN {value}::boolean END"
        case FactType.NUMBER:
            within = f"{value}::numeric BETWEEN {_number(fact.minimum)} AND {_number(fact.maximum)}"
            return (
                f"CASE WHEN {kind} = 'number' THEN CASE WHEN {within} THEN {value}::numeric END END"
            )
        case FactType.TEXT:
            return f"CASE WHEN {kind} = 'string' THEN {value} #>> '{{}}' END"
        case FactType.CHOICE:
            choices = ",".join(choice.value for choice in fact.choices)
            listed = f"{value} #>> '{{}}' = ANY('{{{choices}}}'::text[])"
            return (
                f"CASE WHEN {kind} = 'string' THEN CASE WHEN {listed} THEN {value} #>> '{{}}'"
                " END END"
            )
        case FactType.SET:
            strange = f"jsonb_path_exists({value}, {_NOT_A_STRING})"
            return f"CASE WHEN {kind} = 'array' THEN CASE WHEN NOT {strange} THEN {value} END END"


def _number(value: float) -> str:
    return json.dumps(value)


def _compose(template: str, *parts: Expression) -> Expression:
    params = tuple(param for part in parts for param in part.params)
    return Expression(template.format(*(part.sql for part in parts)), params)


def _enforced(text: PolicyText, stage: Stage, *effects: Effect) -> list[Rule]:
    return [
        rule
        for rule in text.rules
        if rule.mode is Mode.ENFORCE and rule.stage is stage and rule.effect in effects
    ]


def _any_rule(rules: Sequence[Rule], read: _Reader) -> Expression:
    return _group(" OR ", [_condition(rule.when, read) for rule in rules])


def _branch(template: str, rule: Rule, read: _Reader) -> Expression:
    """The id stands in the text: its pattern leaves no room for a quote."""
    return _compose(template, _condition(rule.when, read), Expression(rule.id))


def _group(word: str, parts: Sequence[Expression]) -> Expression:
    if not parts:
        return Expression("FALSE")
    return _compose(f"({word.join(['{}'] * len(parts))})", *parts)


def _condition(condition: Node, read: _Reader) -> Expression:
    match condition:
        case Leaf():
            return _leaf(condition, read)
        case Not():
            return _compose("(NOT {})", _condition(condition.not_, read))
        case _:
            word = " AND " if isinstance(condition, AllOf) else " OR "
            return _group(word, [_condition(child, read) for child in children(condition)])


def _leaf(leaf: Leaf, read: _Reader) -> Expression:
    fact = CATALOGUE[leaf.fact]
    value = f"({read(fact)})"
    match leaf.op:
        case Operator.IS_KNOWN:
            return Expression(f"({value} IS NOT NULL)")
        case Operator.IS_UNKNOWN:
            return Expression(f"({value} IS NULL)")
        case Operator.IS:
            return Expression(f"({'' if leaf.value else 'NOT '}{value})")
        case Operator.CONTAINS:
            part = ascii_lower(str(leaf.value))
            return Expression(f'(position(%s::text IN lower({value} COLLATE "C")) > 0)', (part,))
        case Operator.HAS_ANY | Operator.HAS_NONE | Operator.HAS_ALL:
            sign = "NOT " if leaf.op is Operator.HAS_NONE else ""
            every = "?&" if leaf.op is Operator.HAS_ALL else "?|"
            return Expression(f"({sign}{value} {every} %s::text[])", (_members(leaf),))
        case _:
            return _comparison(fact, leaf, value)


def _comparison(fact: Fact, leaf: Leaf, value: str) -> Expression:
    kind = "numeric" if fact.type is FactType.NUMBER else "text"
    match leaf.op:
        case Operator.BETWEEN:
            low, high = _members(leaf)
            return Expression(f"({value} BETWEEN {_number(low)} AND {_number(high)})")
        case Operator.IN:
            return Expression(f"({value} = ANY(%s::text[]))", (_members(leaf),))
        case Operator.NOT_IN:
            return Expression(f"({value} <> ALL(%s::text[]))", (_members(leaf),))
        case _:
            sign = (_ORDER | _EQUALITY)[leaf.op]
            return Expression(f"({value} {sign} %s::{kind})", (str(leaf.value),))


def _members(leaf: Leaf) -> list[Any]:
    return list(leaf.value) if isinstance(leaf.value, tuple) else [leaf.value]
