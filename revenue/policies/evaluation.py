"""Evaluates a policy: three-valued, deny beats hold beats allow, and what is unknown holds.

A content rule that denies or holds and whose condition is unknown holds, since it might have
fired. An unknown allow rule allows nothing. Without a rule that speaks, the verdict is hold. A
comparison that raises is unknown, even one that asks whether the fact is known, and is named.
Timing rules never touch the verdict:
one that fires, or might, makes a delivery wait.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from revenue.policies.comparing import Get, Test, compile_leaf
from revenue.policies.conditions import Leaf, PolicyText, Rule, leaves
from revenue.policies.kleene import Truth, combine
from revenue.policies.vocabulary import Effect, Mode, Stage

_Ruling: TypeAlias = Callable[[Sequence[Truth]], Truth]


class Cause(StrEnum):
    """Why a verdict is what it is."""

    FIRED = "fired"
    UNKNOWN = "unknown"
    ERROR = "error"
    DEFAULT = "default"


class Decision(NamedTuple):
    """A verdict without its trace.

    ``rule`` is the id of the deciding rule, ``None`` when none spoke. ``wait`` is the id of the
    first timing rule that makes a delivery wait, ``None`` when none does or none was asked.
    """

    effect: Effect
    rule: str | None
    cause: Cause
    reason: str
    wait: str | None = None


class Trace(NamedTuple):
    """What each rule and each distinct comparison came to, aligned with a ``Program``.

    ``errors`` maps facts that could not be read to the name of the exception.
    """

    rules: tuple[Truth, ...]
    leaves: tuple[Truth, ...]
    values: tuple[object, ...]
    errors: Mapping[str, str]


class Outcome(NamedTuple):
    """A verdict with its full trace; ``waits`` and ``warnings`` are ids of rules, in order."""

    decision: Decision
    waits: tuple[str, ...]
    warnings: tuple[str, ...]
    trace: Trace
    timing: bool


_NO_ERRORS: Mapping[str, str] = {}
_NO_RULE = "No rule allows it."


class Program:
    """The rules of some stages, taken apart: distinct comparisons, and rules over their results.

    ``rules`` are those not switched off, in order; ``leaves`` the distinct comparisons in order
    of first use; ``facts`` the names that they read.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        index: dict[Leaf, int] = {}
        for rule in self.rules:
            for leaf in leaves(rule.when):
                index.setdefault(leaf, len(index))
        self.leaf_index: Mapping[Leaf, int] = index
        self.leaves = tuple(index)
        self.facts = tuple(dict.fromkeys(leaf.fact for leaf in self.leaves))
        self.tests = tuple(compile_leaf(leaf) for leaf in self.leaves)
        self.rulings: tuple[_Ruling, ...] = tuple(
            combine(rule.when, lambda leaf: itemgetter(index[leaf])) for rule in self.rules
        )
        enforced = [
            position for position, rule in enumerate(self.rules) if rule.mode is Mode.ENFORCE
        ]
        content = [i for i in enforced if self.rules[i].stage is Stage.CONTENT]
        self.denying = tuple(i for i in content if self.rules[i].effect is Effect.DENY)
        self.stopping = tuple(i for i in content if self.rules[i].effect is not Effect.ALLOW)
        self.allowing = tuple(i for i in content if self.rules[i].effect is Effect.ALLOW)
        self.timing = tuple(i for i in enforced if self.rules[i].stage is Stage.TIMING)
        self.of_the_hour = tuple(
            i for i, rule in enumerate(self.rules) if rule.stage is Stage.TIMING
        )
        self.warning = tuple(i for i, rule in enumerate(self.rules) if rule.mode is Mode.WARN)
        self.leaves_of_rule = tuple(
            frozenset(index[leaf] for leaf in leaves(rule.when)) for rule in self.rules
        )
        self.fired = tuple(_fired(rule) for rule in self.rules)
        self.unknown = tuple(_unknown(rule) for rule in self.rules)

    def rule_outcomes(self, outcomes: Sequence[Truth]) -> tuple[Truth, ...]:
        """What the rules come to, given what the comparisons came to."""
        return tuple([ruling(outcomes) for ruling in self.rulings])

    def verdict(self, rules: Sequence[Truth]) -> Decision:
        """The verdict on content, given what the rules came to."""
        for position in self.denying:
            if rules[position]:
                return self.fired[position]
        for position in self.stopping:
            if rules[position] is not False:
                return self.fired[position] if rules[position] else self.unknown[position]
        for position in self.allowing:
            if rules[position]:
                return self.fired[position]
        return DEFAULT


DEFAULT = Decision(Effect.HOLD, None, Cause.DEFAULT, _NO_RULE)


class CompiledPolicy:
    """A policy ready to be asked; immutable, safe to share between threads."""

    def __init__(self, text: PolicyText) -> None:
        self.text = text
        active = [rule for rule in text.rules if rule.mode is not Mode.OFF]
        self._full = Program(active)
        self._content = Program([rule for rule in active if rule.stage is Stage.CONTENT])
        self._denying = self._fast(self._content, self._content.denying)
        self._holding = self._fast(
            self._content,
            tuple(i for i in self._content.stopping if i not in self._content.denying),
        )
        self._allowing = self._fast(self._content, self._content.allowing)
        self._waiting = self._fast(self._full, self._full.timing)

    @staticmethod
    def _fast(
        program: Program, positions: Sequence[int]
    ) -> tuple[tuple[int, Test, Decision, Decision], ...]:
        return tuple(
            (
                position,
                combine(program.rules[position].when, compile_leaf),
                program.fired[position],
                program.unknown[position],
            )
            for position in positions
        )

    def program(self, *, timing: bool) -> Program:
        """What ``explain`` runs and what its trace is aligned with."""
        return self._full if timing else self._content

    def decide(self, facts: Mapping[str, object], *, timing: bool = False) -> Decision:
        """The verdict on content; with ``timing`` also whether a delivery must wait now.

        Never raises: what can't be evaluated holds.
        """
        try:
            decision = self._verdict(facts.get)
            if timing:
                for _, test, fired, _ in self._waiting:
                    if test(facts.get) is not False:
                        return decision._replace(wait=fired.rule)
        except Exception:  # whatever goes wrong in a rule must hold
            return self._explain_carefully(facts, timing=timing).decision
        return decision

    def _verdict(self, get: Get) -> Decision:
        might_deny = _NEVER
        for position, test, fired, unknown in self._denying:
            truth = test(get)
            if truth:
                return fired
            if truth is None and might_deny is _NEVER:
                might_deny = (position, unknown)
        for position, test, fired, unknown in self._holding:
            if position > might_deny[0]:
                break
            truth = test(get)
            if truth is not False:
                return fired if truth else unknown
        if might_deny is not _NEVER:
            return might_deny[1]
        for _, test, fired, _ in self._allowing:
            if test(get):
                return fired
        return DEFAULT

    def explain(self, facts: Mapping[str, object], *, timing: bool = False) -> Outcome:
        """The same verdict with what each rule and each comparison came to. Never raises."""
        program = self._full if timing else self._content
        get = facts.get
        try:
            outcomes = [test(get) for test in program.tests]
            values = tuple(map(get, program.facts))
        except Exception:  # whatever goes wrong in a rule must hold
            return self._explain_carefully(facts, timing=timing)
        return outcome_of(program, tuple(outcomes), values, _NO_ERRORS, timing=timing)

    def _explain_carefully(self, facts: Mapping[str, object], *, timing: bool) -> Outcome:
        """Each fact read by itself, so that one that raises spoils nothing but itself."""
        program = self.program(timing=timing)
        values: dict[str, object] = {}
        errors: dict[str, str] = {}
        for name in program.facts:
            try:
                values[name] = facts.get(name)
            except Exception as error:
                values[name] = None
                errors[name] = type(error).__name__
        outcomes: list[Truth] = []
        for leaf, test in zip(program.leaves, program.tests, strict=True):
            try:
                outcomes.append(None if leaf.fact in errors else test(values.get))
            except Exception as error:
                outcomes.append(None)
                errors[leaf.fact] = type(error).__name__
        seen = tuple(values[name] for name in program.facts)
        return outcome_of(program, tuple(outcomes), seen, errors, timing=timing)


def compile_policy(text: PolicyText) -> CompiledPolicy:
    """About a millisecond for 30 rules; keep the result as long as the version is in use."""
    return CompiledPolicy(text)


def outcome_of(
    program: Program,
    outcomes: tuple[Truth, ...],
    values: tuple[object, ...],
    errors: Mapping[str, str],
    *,
    timing: bool,
) -> Outcome:
    """The outcome that follows from what the comparisons of a program came to."""
    rules = program.rule_outcomes(outcomes)
    decision = program.verdict(rules)
    if errors:
        decision = _blame(program, rules, decision, errors)
    ids = [rule.id for rule in program.rules] if program.timing or program.warning else []
    waits = tuple([ids[i] for i in program.timing if rules[i] is not False])
    warnings = tuple([ids[i] for i in program.warning if rules[i]])
    if waits:
        decision = decision._replace(wait=waits[0])
    return Outcome(decision, waits, warnings, Trace(rules, outcomes, values, errors), timing)


def _blame(
    program: Program, rules: Sequence[Truth], decision: Decision, errors: Mapping[str, str]
) -> Decision:
    """Name an error as the cause where the verdict is a hold because of it."""
    if decision.cause is Cause.DEFAULT:
        suspects: Sequence[int] = program.allowing
    elif decision.cause is Cause.UNKNOWN:
        suspects = [i for i in program.stopping if program.rules[i].id == decision.rule]
    else:
        return decision
    for position in suspects:
        rule = program.rules[position]
        wrong = [leaf.fact for leaf in leaves(rule.when) if leaf.fact in errors]
        if rules[position] is None and wrong:
            reason = f"The rule “{rule.name}” could not be evaluated: {errors[wrong[0]]}."
            return Decision(Effect.HOLD, rule.id, Cause.ERROR, reason)
    return decision


def _fired(rule: Rule) -> Decision:
    return Decision(rule.effect, rule.id, Cause.FIRED, rule.reason)


def _unknown(rule: Rule) -> Decision:
    reason = f"It can't be told whether the rule “{rule.name}” applies. {rule.reason}"
    return Decision(Effect.HOLD, rule.id, Cause.UNKNOWN, reason)


_NEVER = (1_000_000, DEFAULT)
