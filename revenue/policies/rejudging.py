"""What other versions say of a kept verdict, as PostgreSQL expressions over its row.

A version that differs from the one that judged in a few rules is not asked as a whole: where no
rule that went was at work, the kept effect stands for all that stayed, and only rules that came
are looked at. The expressions read the columns of ``revenue_verdict AS v`` and a joined
``source_sql`` with the alias ``fact`` that has the facts of ``Rejudging.facts``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from revenue.policies.conditions import Node, PolicyText, Rule, leaves
from revenue.policies.sql import Expression, any_sql, source_sql, verdict_sql
from revenue.policies.vocabulary import Effect, Mode, Stage

STOPPING = (Effect.DENY, Effect.HOLD)


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
        unrecorded=_unrecorded(newer, is_against=older.is_none),
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
    """The enforced content rules that came and went between two texts; ``kept`` is what stayed.

    Rules are the same where they do the same under the same condition, whatever they are called.
    """

    asked: PolicyText
    given: PolicyText | None
    came: tuple[Rule, ...]
    went: tuple[Rule, ...]

    @property
    def is_none(self) -> bool:
        return self.given is not None and not self.came and not self.went

    @property
    def facts(self) -> tuple[str, ...]:
        """What must be read to tell the effect without asking the whole text."""
        return _facts_of([*self.came, *self.went]) if self.given is not None else ()


def _difference(given: PolicyText | None, asked: PolicyText) -> _Difference:
    if given is None:
        return _Difference(asked, None, (), ())
    before, after = _by_what_they_do(given), _by_what_they_do(asked)
    return _Difference(
        asked,
        given,
        came=tuple(rule for what, rule in after.items() if what not in before),
        went=tuple(rule for what, rule in before.items() if what not in after),
    )


def _by_what_they_do(text: PolicyText) -> dict[tuple[Node, Effect], Rule]:
    return {(rule.when, rule.effect): rule for rule in _content(text.rules)}


def _content(rules: Iterable[Rule]) -> list[Rule]:
    return [rule for rule in rules if rule.mode is Mode.ENFORCE and rule.stage is Stage.CONTENT]


def _effect(difference: _Difference) -> Expression:
    if difference.given is None:
        return _whole(difference.asked)
    if difference.is_none:
        return Expression("v.effect")
    if not difference.went:
        return _with_what_came(difference)
    return joined(
        "CASE WHEN {} THEN {} ELSE {} END",
        _was_idle(difference.went),
        _with_what_came(difference),
        _whole(difference.asked),
    )


def _was_idle(went: Sequence[Rule]) -> Expression:
    """Whether none of these had a part in the verdict: none stopped, might have, or allowed."""
    return joined("(({}) IS FALSE AND ({}) IS NOT TRUE)", _any(went, *STOPPING), _allowing(went))


def _with_what_came(difference: _Difference) -> Expression:
    """The effect of all that stayed is the kept one; rules that came are set against it.

    A kept hold is one of a rule that stops, or the default: rules that came may lift only that.
    """
    assert difference.given is not None  # noqa: S101  # asked of differences between two texts
    stops = [rule.id for rule in _content(difference.given.rules) if rule.effect in STOPPING]
    came = difference.came
    return joined(
        "CASE WHEN v.effect = 'deny' OR ({}) THEN 'deny'"
        " WHEN ({}) IS NOT FALSE THEN 'hold' WHEN v.effect = 'allow' THEN 'allow'"
        " WHEN v.rule = ANY({}) THEN 'hold' WHEN {} THEN 'allow' ELSE 'hold' END",
        _any(came, Effect.DENY),
        _any(came, *STOPPING),
        Expression("%s::text[]", (stops,)),
        _allowing(came),
    )


def _unrecorded(newer: _Difference, *, is_against: bool) -> Expression:
    """Where something was let through or denied before, and is held now."""
    rules = _content(newer.asked.rules)
    everything = _reading(rules, doubt_sql(newer.asked, source="whole"))
    if not is_against or newer.given is None:
        return everything
    # Whatever stayed let it through, so it is one of those that came that holds.
    came = joined("({}) IS NOT TRUE", _any(newer.came, *STOPPING))
    if not newer.went:
        return came
    return joined("CASE WHEN {} THEN {} ELSE {} END", _was_idle(newer.went), came, everything)


def _whole(text: PolicyText) -> Expression:
    """The verdict by all rules, which reads what it needs by itself, and only where it is asked."""
    return _reading(_content(text.rules), verdict_sql(text, source="whole"))


def _reading(rules: Sequence[Rule], said: Expression) -> Expression:
    source = source_sql(_facts_of(rules), column="v.facts", alias="whole")
    return joined("(SELECT {} FROM {})", said, source)


def _any(rules: Sequence[Rule], *effects: Effect, source: str = "fact") -> Expression:
    return any_sql([rule.when for rule in rules if rule.effect in effects], source=source)


def _allowing(rules: Sequence[Rule]) -> Expression:
    return _any(rules, Effect.ALLOW)


def _facts_of(rules: Iterable[Rule]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(leaf.fact for rule in rules for leaf in leaves(rule.when)))
