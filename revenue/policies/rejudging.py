"""What other versions say of a kept verdict, as PostgreSQL expressions over its row.

The trace tells what each rule of the version that judged came to. So a version is asked about its
other rules only, and what the two share is taken from the trace. The expressions read ``v``, which
is ``rows_sql`` with the facts of ``Rejudging.facts`` beside effect, rule, trace and facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from revenue.policies.conditions import Node, PolicyText, Rule, leaves
from revenue.policies.sql import Expression, any_sql, source_sql, verdict_sql
from revenue.policies.vocabulary import Effect, Mode, Stage

STOPPING = (Effect.DENY, Effect.HOLD)
_HAS_TRACE = "v.trace ? 'fired'"


@dataclass(frozen=True, slots=True)
class Rejudging:
    """``before`` and ``after``: ``deny``, ``hold`` or ``allow`` by the one version and the other.

    ``unrecorded``: whether ``after`` holds only because something that it reads is not known; not
    to be asked where ``before`` holds or ``after`` does not.
    """

    facts: tuple[str, ...]
    before: Expression
    after: Expression
    unrecorded: Expression


def rejudging(*, given: PolicyText | None, against: PolicyText, candidate: PolicyText) -> Rejudging:
    """For verdicts that were given by ``given``; None where its text can't be read any more."""
    older, newer = _difference(given, against), _difference(given, candidate)
    return Rejudging(
        facts=tuple(dict.fromkeys([*older.facts, *newer.facts])),
        before=_effect(older),
        after=_effect(newer),
        unrecorded=_unrecorded(newer),
    )


def doubt_sql(text: PolicyText, *, source: str) -> Expression:
    """Whether no rule stops it for certain, and one might stop it or might have allowed it."""
    rules = _content(text.rules)
    stopping = _any(rules, *STOPPING, source=source)
    allowing = _any(rules, Effect.ALLOW, source=source)
    return joined(
        "({}) IS NOT TRUE AND (({}) IS NULL OR ({}) IS NULL)", stopping, stopping, allowing
    )


def joined(template: str, *parts: Expression) -> Expression:
    """The parts in the places of the template, with their parameters in that order."""
    params: tuple[Any, ...] = tuple(param for part in parts for param in part.params)
    return Expression(template.format(*(part.sql for part in parts)), params)


@dataclass(frozen=True, slots=True)
class _Difference:
    """The enforced content rules that a text shares with the one that judged, and its own.

    Rules are the same where they do the same under the same condition, whatever they are called;
    those that are shared have the ids under which the trace knows them.
    """

    asked: PolicyText
    given: PolicyText | None
    shared: tuple[Rule, ...]
    own: tuple[Rule, ...]
    is_none: bool

    @property
    def facts(self) -> tuple[str, ...]:
        """What its own rules read."""
        return _facts_of(self.own)

    def ids(self, *effects: Effect) -> Expression:
        """The shared rules that do one of these, as an array."""
        ids = [rule.id for rule in self.shared if rule.effect in effects]
        return Expression("%s::text[]", (ids,))


def _difference(given: PolicyText | None, asked: PolicyText) -> _Difference:
    if given is None:
        return _Difference(asked, None, (), (), is_none=False)
    before, after = _by_what_they_do(given), _by_what_they_do(asked)
    return _Difference(
        asked,
        given,
        shared=tuple(rule for what, rule in before.items() if what in after),
        own=tuple(rule for what, rule in after.items() if what not in before),
        is_none=before.keys() == after.keys(),
    )


def _by_what_they_do(text: PolicyText) -> dict[tuple[Node, Effect], Rule]:
    return {(rule.when, rule.effect): rule for rule in _content(text.rules)}


def _content(rules: Iterable[Rule]) -> list[Rule]:
    return [rule for rule in rules if rule.mode is Mode.ENFORCE and rule.stage is Stage.CONTENT]


def _effect(difference: _Difference) -> Expression:
    if difference.is_none:
        return Expression("v.effect")
    whole = _of_whole(difference.asked, verdict_sql(difference.asked, source="whole"))
    if difference.given is None:
        return whole
    own = difference.own
    denied, stopped = _any(own, Effect.DENY), _any(own, *STOPPING)
    told = joined(
        "CASE {} WHEN 'deny' THEN 'deny'"
        " WHEN 'hold' THEN CASE WHEN {} THEN 'deny' ELSE 'hold' END"
        " WHEN 'allow' THEN CASE WHEN {} THEN 'deny' WHEN ({}) IS NOT FALSE THEN 'hold'"
        " ELSE 'allow' END"
        " ELSE CASE WHEN {} THEN 'deny' WHEN ({}) IS NOT FALSE THEN 'hold'"
        " WHEN {} THEN 'allow' ELSE 'hold' END END",
        _of_shared(difference),
        denied,
        denied,
        stopped,
        denied,
        stopped,
        _any(own, Effect.ALLOW),
    )
    return joined(f"CASE WHEN {_HAS_TRACE} THEN {{}} ELSE {{}} END", told, whole)


def _of_shared(difference: _Difference) -> Expression:
    """What the shared rules alone come to; ``none`` where they neither stop nor allow.

    The kept effect is theirs where one of them decided it. Else the trace is looked into.
    """
    denying, allowing = difference.ids(Effect.DENY), difference.ids(Effect.ALLOW)
    stopping = difference.ids(*STOPPING)
    return joined(
        "CASE WHEN v.effect = 'deny' AND v.rule = ANY({}) THEN 'deny'"
        " WHEN v.effect = 'hold' AND v.rule = ANY({}) THEN 'hold'"
        " WHEN v.effect = 'allow' AND v.rule = ANY({}) THEN 'allow'"
        " WHEN v.trace->'fired' ?| {} THEN 'deny'"
        " WHEN v.trace->'fired' ?| {} OR v.trace->'unknown' ?| {} THEN 'hold'"
        " WHEN v.trace->'fired' ?| {} THEN 'allow' ELSE 'none' END",
        denying,
        stopping,
        allowing,
        denying,
        stopping,
        stopping,
        allowing,
    )


def _unrecorded(newer: _Difference) -> Expression:
    whole = _of_whole(newer.asked, doubt_sql(newer.asked, source="whole"))
    if newer.given is None:
        return whole
    stopping, stopped = newer.ids(*STOPPING), _any(newer.own, *STOPPING)
    told = joined(
        "NOT (v.trace->'fired' ?| {} OR ({}) IS TRUE)"
        " AND (v.trace->'unknown' ?| {} OR ({}) IS NULL"
        " OR v.trace->'unknown' ?| {} OR ({}) IS NULL)",
        stopping,
        stopped,
        stopping,
        stopped,
        newer.ids(Effect.ALLOW),
        _any(newer.own, Effect.ALLOW),
    )
    return joined(f"CASE WHEN {_HAS_TRACE} THEN {{}} ELSE {{}} END", told, whole)


def _of_whole(text: PolicyText, said: Expression) -> Expression:
    """What all rules say; it reads what it needs by itself, and only where it is asked."""
    names = _facts_of(_content(text.rules))
    source = source_sql(names, column="v.facts", alias="whole")
    return joined("(SELECT {} FROM {})", said, source)


def _any(rules: Sequence[Rule], *effects: Effect, source: str = "v") -> Expression:
    return any_sql([rule.when for rule in rules if rule.effect in effects], source=source)


def _facts_of(rules: Iterable[Rule]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(leaf.fact for rule in rules for leaf in leaves(rule.when)))
