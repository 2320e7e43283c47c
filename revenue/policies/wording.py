"""Facts, values and conditions in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import cast

from revenue.policies.catalogue import CATALOGUE
from revenue.policies.comparing import is_usable
from revenue.policies.conditions import AllOf, Leaf, Node, Not, children
from revenue.policies.kleene import Truth
from revenue.policies.vocabulary import Fact, FactType, Operator, Unit

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LONG_LIST = 6
_SHOWN_OF_LONG_LIST = 4
_OPPOSITE = {
    Operator.EQ: Operator.NE,
    Operator.LT: Operator.GE,
    Operator.LE: Operator.GT,
    Operator.IN: Operator.NOT_IN,
    Operator.HAS_ANY: Operator.HAS_NONE,
    Operator.IS_KNOWN: Operator.IS_UNKNOWN,
}
OPPOSITE = _OPPOSITE | {after: before for before, after in _OPPOSITE.items()}
_ORDER = {
    Operator.LT: "less than",
    Operator.LE: "at most",
    Operator.GT: "more than",
    Operator.GE: "at least",
}
_MOMENT = {
    Operator.LT: "before {}",
    Operator.LE: "{} or earlier",
    Operator.GT: "after {}",
    Operator.GE: "{} or later",
}


def value_words(fact: Fact, value: object) -> str:
    """A value as a reader writes it: ``14 days``, ``17:30``, ``3 %``, ``Tuesday``, ``Spa``."""
    if value is None:
        return "not known"
    if not is_usable(fact, value):
        return "not usable"
    match fact.type:
        case FactType.BOOL:
            return "yes" if value else "no"
        case FactType.NUMBER:
            return _number_words(fact.unit, cast("float", value))
        case FactType.CHOICE:
            return fact.choice_label(cast("str", value))
        case FactType.SET:
            members = sorted(map(fact.choice_label, cast("Iterable[str]", value)))
            return _listed(members, "and") or "nothing"
        case _:
            return str(value)


def fact_words(fact: Fact, value: object) -> str:
    """A fact with its value as a clause: ``the number of locations is 3``."""
    if fact.type is FactType.BOOL:
        if value is None:
            return f"it is not known whether {fact.yes}"
        return fact.yes if value else fact.no
    if fact.type is FactType.SET and not value and value is not None:
        return f"the {fact.label} is empty"
    return f"the {fact.label} is {value_words(fact, value)}"


def leaf_words(leaf: Leaf, *, negated: bool = False) -> str:
    """A comparison as a clause: ``the number of locations is at least 2``."""
    fact = CATALOGUE[leaf.fact]
    if leaf.op is Operator.IS:
        return fact.yes if bool(leaf.value) is not negated else fact.no
    op = OPPOSITE.get(leaf.op) if negated else leaf.op
    if op is None:  # between, contains and has_all have no opposite among the operators
        return f"not ({leaf_words(leaf)})"
    verb, rest = _predicate(fact, op, leaf.value)
    return f"the {fact.label} {verb} {rest}"


def leaf_sentence(leaf: Leaf, seen: object, outcome: Truth) -> str:
    """What a comparison saw and what it needs: ``number of locations is 3, needs at least 2``."""
    fact = CATALOGUE[leaf.fact]
    if fact.type is FactType.BOOL and leaf.op is Operator.IS:
        if outcome is None:
            return f"it is not known whether {fact.yes}"
        statement = fact.yes if seen else fact.no
        return statement if outcome else f"{statement}, needs the opposite"
    verb, rest = _predicate(fact, leaf.op, leaf.value)
    need = rest if verb == "is" else f"to {verb.removesuffix('s')} {rest}"
    return f"{fact.label} is {value_words(fact, seen)}, needs {need}"


def condition_words(condition: Node, *, negated: bool = False) -> str:
    """A whole condition as one clause; what is nested stands in parentheses."""
    if isinstance(condition, Leaf):
        return leaf_words(condition, negated=negated)
    if isinstance(condition, Not):
        return condition_words(condition.not_, negated=not negated)
    is_all = isinstance(condition, AllOf) is not negated
    parts = [
        _in_parentheses(child, condition_words(child, negated=negated))
        for child in children(condition)
    ]
    return (" and " if is_all else " or ").join(parts)


def _in_parentheses(condition: Node, words: str) -> str:
    inner = condition.not_ if isinstance(condition, Not) else condition
    return f"({words})" if len(children(inner)) > 1 else words


def _predicate(fact: Fact, op: Operator, value: object) -> tuple[str, str]:
    """Verb and complement that follow the label of a fact."""
    return _PREDICATES.get(op, _compared)(fact, op, value)


def _compared(fact: Fact, op: Operator, value: object) -> tuple[str, str]:
    words = value_words(fact, value)
    if fact.unit in {Unit.CLOCK, Unit.WEEKDAY}:
        return "is", _MOMENT[op].format(words)
    if op is Operator.LE and value == fact.minimum:
        return "is", words
    return "is", f"{_ORDER[op]} {words}"


def _equal(fact: Fact, op: Operator, value: object) -> tuple[str, str]:
    words = value_words(fact, value)
    return "is", words if op is Operator.EQ else f"anything but {words}"


def _between(fact: Fact, _op: Operator, value: object) -> tuple[str, str]:
    low, high = cast("tuple[float, float]", value)
    return "is", f"between {value_words(fact, low)} and {value_words(fact, high)}"


def _among(fact: Fact, op: Operator, value: object) -> tuple[str, str]:
    words = [value_words(fact, item) for item in cast("tuple[str, ...]", value)]
    if op is Operator.IN:
        return "is", _listed(words, "or")
    return "is", f"anything but {_listed(words, 'or')}"


def _contains(_fact: Fact, _op: Operator, value: object) -> tuple[str, str]:
    return "contains", f"“{value}”"


def _includes(fact: Fact, op: Operator, value: object) -> tuple[str, str]:
    members = [fact.choice_label(member) for member in cast("tuple[str, ...]", value)]
    match op:
        case Operator.HAS_ALL:
            return "includes", _listed(members, "and")
        case Operator.HAS_ANY:
            return "includes", _listed(members, "or")
        case _:
            return "includes", f"neither {_listed(members, 'nor')}" if members[1:] else (
                f"anything but {members[0]}"
            )


def _knowledge(_fact: Fact, op: Operator, _value: object) -> tuple[str, str]:
    return "is", "known" if op is Operator.IS_KNOWN else "not known"


_PREDICATES: dict[Operator, Callable[[Fact, Operator, object], tuple[str, str]]] = {
    Operator.EQ: _equal,
    Operator.NE: _equal,
    Operator.BETWEEN: _between,
    Operator.IN: _among,
    Operator.NOT_IN: _among,
    Operator.CONTAINS: _contains,
    Operator.HAS_ANY: _includes,
    Operator.HAS_NONE: _includes,
    Operator.HAS_ALL: _includes,
    Operator.IS_KNOWN: _knowledge,
    Operator.IS_UNKNOWN: _knowledge,
}


def _number_words(unit: Unit, value: float) -> str:
    match unit:
        case Unit.SHARE:
            return f"{_plain(value * 100)} %"
        case Unit.CLOCK:
            minutes = round(value * 60)
            return f"{minutes // 60:02d}:{minutes % 60:02d}"
        case Unit.WEEKDAY if value in range(1, 8):
            return _WEEKDAYS[int(value) - 1]
        case Unit.DAYS if 0 < value < 1:
            return _part_of_day(value)
        case Unit.DAYS | Unit.HOURS | Unit.WORDS:
            return _counted(_plain(value), unit)
        case _:
            return _plain(value)


def _part_of_day(days: float) -> str:
    """Such as ``6 hours`` or ``5 minutes``."""
    minutes = days * 24 * 60
    if minutes < 1:
        return "less than a minute"
    hours = minutes / 60
    return _counted(_plain(hours), "hours") if hours >= 1 else _counted(f"{minutes:.0f}", "minutes")


def _counted(plain: str, unit: str) -> str:
    return f"{plain} {unit.removesuffix('s') if plain == '1' else unit}"


def _plain(value: float) -> str:
    """At most two decimals, three for what is smaller than one; no trailing zeros."""
    if value == int(value):
        return str(int(value))
    return f"{value:.{3 if abs(value) < 1 else 2}f}".rstrip("0").rstrip(".")


def _listed(words: Sequence[str], last: str) -> str:
    """``a, b and c``; of a long list only the first few and how many more."""
    if len(words) > _LONG_LIST:
        rest = len(words) - _SHOWN_OF_LONG_LIST
        return ", ".join(words[:_SHOWN_OF_LONG_LIST]) + f" {last} one of {rest} more"
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
