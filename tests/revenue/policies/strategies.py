"""Random conditions, policies and facts over the real catalogue.

The pools are small and lie around the values that conditions ask for, so that random facts meet
random conditions often.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st

from revenue.policies.catalogue import CATALOGUE
from revenue.policies.conditions import PolicyText, parse_policy
from revenue.policies.vocabulary import Fact, FactType, Operator, PolicyKind

FACTS = (
    "account.category_group",
    "account.locations",
    "account.rating",
    "account.has_website",
    "account.is_national_chain",
    "account.trade",
    "account.country",
    "account.source_names",
)
"""One or two of each type, bounded and whole numbers among them."""
TEXTS = ("CA", "ca", "Day Spa", "spa", "Yoga and spa", "ÄRZTE", "ärzte", "100 %", "a'b\"c\\d", "{}")
KNOWN = {Operator.IS_KNOWN, Operator.IS_UNKNOWN}
SOURCES = ("langley", "osm", "own", "OSM")
WRONG: tuple[Any, ...] = (
    True,
    False,
    0,
    1,
    2.5,
    -1,
    10**16,
    "",
    "true",
    "2",
    [],
    ["osm", 3],
    [["osm"]],
    {"a": 1},
)


@cache
def numbers(fact: Fact) -> st.SearchStrategy[float]:
    pool = [0, 1, 2, 3, 5] if fact.whole else [0, 0.5, 1, 2, 2.5, 3, 4.999, 5]
    return st.sampled_from(pool)


@cache
def members(fact: Fact) -> st.SearchStrategy[str]:
    if fact.choices:
        return st.sampled_from([choice.value for choice in fact.choices][:4])
    return st.sampled_from(SOURCES if fact.type is FactType.SET else TEXTS)


@cache
def lists(fact: Fact) -> st.SearchStrategy[list[str]]:
    return st.lists(members(fact), min_size=1, max_size=3, unique=True)


@cache
def operands(fact: Fact, op: Operator) -> st.SearchStrategy[Any]:
    if op in {Operator.IN, Operator.NOT_IN} or fact.type is FactType.SET:
        return lists(fact)
    if op is Operator.BETWEEN:
        return st.tuples(numbers(fact), numbers(fact)).map(sorted)
    if fact.type is FactType.BOOL:
        return st.booleans()
    return numbers(fact) if fact.type is FactType.NUMBER else members(fact)


@cache
def comparison(fact: Fact, op: Operator) -> st.SearchStrategy[dict[str, Any]]:
    leaf: dict[str, Any] = {"fact": fact.name, "op": op.value}
    if op in KNOWN:
        return st.just(leaf)
    return operands(fact, op).map(lambda value: leaf | {"value": value})


@cache
def comparisons(
    names: tuple[str, ...] = FACTS, *, knowledge: bool = True
) -> st.SearchStrategy[dict[str, Any]]:
    """Without ``knowledge`` nothing asks whether a fact is known."""
    facts = [CATALOGUE[name] for name in names]
    pairs = [(fact, op) for fact in facts for op in fact.operators if knowledge or op not in KNOWN]
    return st.sampled_from(pairs).flatmap(lambda pair: comparison(*pair))


@cache
def conditions(
    names: tuple[str, ...] = FACTS, *, knowledge: bool = True
) -> st.SearchStrategy[dict[str, Any]]:
    def group(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
        several = st.lists(inner, min_size=1, max_size=3)
        return st.one_of(
            several.map(lambda parts: {"all": parts}),
            several.map(lambda parts: {"any": parts}),
            inner.map(lambda part: {"not": part}),
        )

    return st.recursive(comparisons(names, knowledge=knowledge), group, max_leaves=5)


@st.composite
def policies(
    draw: st.DrawFn,
    names: tuple[str, ...] = FACTS,
    max_rules: int = 6,
    *,
    knowledge: bool = True,
) -> PolicyText:
    rules = []
    for number in range(draw(st.integers(0, max_rules))):
        stage = draw(st.sampled_from(["content", "content", "content", "timing"]))
        effects = ["hold"] if stage == "timing" else ["deny", "hold", "allow", "allow"]
        rules.append(
            {
                "id": f"rule-{number}",
                "when": draw(conditions(names, knowledge=knowledge)),
                "effect": draw(st.sampled_from(effects)),
                "mode": draw(st.sampled_from(["enforce"] * 4 + ["warn", "off"])),
                "stage": stage,
                "reason": f"The reason of rule {number}.",
                "owner": "founder",
            }
        )
    return parse_policy({"kind": PolicyKind.ICP.value, "title": "Random", "rules": rules})


@cache
def right_values(fact: Fact) -> st.SearchStrategy[Any]:
    match fact.type:
        case FactType.BOOL:
            return st.booleans()
        case FactType.NUMBER:
            return st.one_of(numbers(fact), st.floats(allow_nan=False, allow_infinity=False))
        case FactType.SET:
            return st.lists(members(fact), max_size=3)
        case _:
            return members(fact)


@cache
def values(fact: Fact) -> st.SearchStrategy[Any]:
    """Right values mostly, and now and then nothing or JSON of a wrong type."""
    return st.one_of(right_values(fact), right_values(fact), st.none(), st.sampled_from(WRONG))


@cache
def facts(names: tuple[str, ...] = FACTS) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: values(CATALOGUE[name]) for name in names})
