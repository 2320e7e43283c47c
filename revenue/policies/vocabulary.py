"""The words that facts and conditions are made of: types, operators, units, effects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class PolicyKind(StrEnum):
    ICP = "icp"
    SEND = "send"


class Effect(StrEnum):
    DENY = "deny"
    HOLD = "hold"
    ALLOW = "allow"


class Mode(StrEnum):
    """``warn`` rules mark a subject without deciding it; ``off`` rules are skipped."""

    ENFORCE = "enforce"
    WARN = "warn"
    OFF = "off"


class Stage(StrEnum):
    """What a rule speaks of.

    ``content`` rules give the verdict. ``timing`` rules are asked at delivery only: one that
    fires makes the delivery wait and leaves the verdict alone.
    """

    CONTENT = "content"
    TIMING = "timing"


class FactType(StrEnum):
    BOOL = "bool"
    NUMBER = "number"
    TEXT = "text"
    CHOICE = "choice"
    SET = "set"


class Operator(StrEnum):
    IS = "is"
    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    BETWEEN = "between"
    IN = "in"
    NOT_IN = "not_in"
    CONTAINS = "contains"
    HAS_ANY = "has_any"
    HAS_NONE = "has_none"
    HAS_ALL = "has_all"
    IS_KNOWN = "is_known"
    IS_UNKNOWN = "is_unknown"


class Unit(StrEnum):
    """How a number is meant; ``share`` runs from 0 to 1 and is shown as a percentage."""

    PLAIN = ""
    DAYS = "days"
    HOURS = "hours"
    WORDS = "words"
    SHARE = "share"
    CLOCK = "clock"
    WEEKDAY = "weekday"


_ANY_TYPE = (Operator.IS_KNOWN, Operator.IS_UNKNOWN)
_TEXTUAL = (Operator.EQ, Operator.NE, Operator.IN, Operator.NOT_IN)
OPERATORS: dict[FactType, tuple[Operator, ...]] = {
    FactType.BOOL: (Operator.IS, *_ANY_TYPE),
    FactType.NUMBER: (
        Operator.EQ,
        Operator.NE,
        Operator.LT,
        Operator.LE,
        Operator.GT,
        Operator.GE,
        Operator.BETWEEN,
        *_ANY_TYPE,
    ),
    FactType.TEXT: (*_TEXTUAL, Operator.CONTAINS, *_ANY_TYPE),
    FactType.CHOICE: (*_TEXTUAL, *_ANY_TYPE),
    FactType.SET: (Operator.HAS_ANY, Operator.HAS_NONE, Operator.HAS_ALL, *_ANY_TYPE),
}

NUMBER_LIMIT = 10**15
"""Numbers beyond this size are unknown: within it floats, integers and SQL compare alike."""


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A named, typed input of policies.

    ``label`` is a noun phrase that "is at least 2" can follow. ``yes`` and ``no`` are the two
    statements of a bool. ``how`` tells a reader how the value comes about. A number outside
    ``minimum`` to ``maximum`` and a text outside ``choices`` count as unknown; a set that has
    ``choices`` may be asked about these members only. ``whole`` numbers
    have no fractions. A value older than ``freshness`` counts as unknown. ``fixed`` facts say
    what nobody here can change, such as a country.
    """

    name: str
    type: FactType
    label: str
    how: str
    kinds: frozenset[PolicyKind]
    unit: Unit = Unit.PLAIN
    choices: tuple[Choice, ...] = ()
    minimum: float = -NUMBER_LIMIT
    maximum: float = NUMBER_LIMIT
    whole: bool = False
    yes: str = ""
    no: str = ""
    freshness: timedelta | None = None
    fixed: bool = False

    @property
    def operators(self) -> tuple[Operator, ...]:
        return OPERATORS[self.type]

    def choice_label(self, value: str) -> str:
        return next((choice.label for choice in self.choices if choice.value == value), value)

    def is_fresh(self, observed_at: datetime, now: datetime) -> bool:
        """Whether a value observed then may still be used; facts without a limit never age."""
        return self.freshness is None or now - observed_at <= self.freshness
