"""Verdicts for readers: sentences, and a structure that a template can show as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter

from revenue.policies.catalogue import CATALOGUE
from revenue.policies.changing import Change, Flip
from revenue.policies.conditions import AllOf, Leaf, Node, Not, Rule, children, leaves
from revenue.policies.evaluation import Cause, CompiledPolicy, Outcome
from revenue.policies.kleene import Truth, combine
from revenue.policies.vocabulary import Effect, FactType, Mode, Operator, Stage
from revenue.policies.wording import condition_words, fact_words, leaf_sentence, leaf_words

EFFECT_WORDS = {Effect.DENY: "Denied", Effect.HOLD: "Held", Effect.ALLOW: "Allowed"}
_VERBS = {Effect.DENY: "Deny", Effect.HOLD: "Hold", Effect.ALLOW: "Allow"}
_SMALL_FIRST_WORD = re.compile(
    r"(A|An|Another|Anybody|At|Each|Every|Few|For|If|In|It|Its|Many|More|Most|Nobody|No|Nothing"
    r"|Once|One|Only|Our|Some|Somebody|Something|That|The|Their|There|These|They|This|Those|Too"
    r"|Two|We|What|When|Where|Who|With|Without|You)\b"
)
_KNOWLEDGE = {Operator.IS_KNOWN, Operator.IS_UNKNOWN}


class Answer(StrEnum):
    """What a rule or a comparison came to."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    NOT_ASKED = "not_asked"


_ANSWERS: dict[Truth, Answer] = {True: Answer.YES, False: Answer.NO, None: Answer.UNKNOWN}


@dataclass(frozen=True, slots=True)
class LineView:
    """One line of a rule's condition; ``depth`` 0 is outermost. Groups have no value."""

    depth: int
    words: str
    answer: Answer
    is_group: bool


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule as it came out; ``sentence`` reads the whole rule back."""

    id: str
    name: str
    effect: Effect
    mode: Mode
    stage: Stage
    answer: Answer
    is_deciding: bool
    sentence: str
    reason: str
    owner: str
    lines: tuple[LineView, ...]


@dataclass(frozen=True, slots=True)
class VerdictView:
    """A verdict with its rules, the deciding one first and the others in their order."""

    effect: Effect
    cause: Cause
    sentence: str
    waits: str
    rules: tuple[RuleView, ...]
    warnings: tuple[RuleView, ...]


def rule_sentence(rule: Rule) -> str:
    """``Hold when …, because ….``"""
    verb = "Wait" if rule.stage is Stage.TIMING else _VERBS[rule.effect]
    if rule.mode is Mode.WARN:
        verb = "Mark"
    sentence = f"{verb} when {condition_words(rule.when)}, because {_clause(rule.reason)}."
    return f"Switched off: {sentence}" if rule.mode is Mode.OFF else sentence


def verdict_sentence(policy: CompiledPolicy, outcome: Outcome) -> str:
    """What was decided and why, naming what is not known where that is the cause."""
    decision = outcome.decision
    word = EFFECT_WORDS[decision.effect]
    if decision.cause is Cause.UNKNOWN and decision.rule is not None:
        return f"{word}: {_doubt(policy.text.rule(decision.rule), policy, outcome)}"
    return f"{word}: {decision.reason}"


def wait_sentence(policy: CompiledPolicy, outcome: Outcome) -> str:
    """Why a delivery waits; empty when it does not."""
    if outcome.decision.wait is None:
        return ""
    rule = policy.text.rule(outcome.decision.wait)
    if _answers(policy, outcome)[rule.id] is Answer.YES:
        return f"Waits: {rule.reason}"
    return f"Waits: {_doubt(rule, policy, outcome)}"


def change_sentence(change: Change) -> str:
    """``Allowed if the number of locations is known and at least 2.``"""
    parts = [
        words
        for name in change.values
        for words in _flip_words([flip for flip in change.flips if flip.leaf.fact == name])
    ]
    return f"{EFFECT_WORDS[change.effect]} if {' and '.join(dict.fromkeys(parts))}."


def view(policy: CompiledPolicy, outcome: Outcome) -> VerdictView:
    """The whole verdict, ready to be shown."""
    program = policy.program(timing=outcome.timing)
    answers = _answers(policy, outcome)
    seen = dict(zip(program.facts, outcome.trace.values, strict=True))
    came_to = dict(zip(program.leaves, outcome.trace.leaves, strict=True))
    rules = [
        _rule_view(
            rule,
            answers.get(rule.id, Answer.NOT_ASKED),
            tuple(_lines(rule.when, came_to, seen, 0)) if rule.id in answers else (),
            is_deciding=rule.id == outcome.decision.rule,
        )
        for rule in policy.text.rules
    ]
    return VerdictView(
        effect=outcome.decision.effect,
        cause=outcome.decision.cause,
        sentence=verdict_sentence(policy, outcome),
        waits=wait_sentence(policy, outcome),
        rules=tuple(sorted(rules, key=lambda rule: not rule.is_deciding)),
        warnings=tuple(rule for rule in rules if rule.id in outcome.warnings),
    )


def _answers(policy: CompiledPolicy, outcome: Outcome) -> dict[str, Answer]:
    """What each rule came to, by id; rules that were not asked are missing."""
    rules = policy.program(timing=outcome.timing).rules
    return {
        rule.id: _ANSWERS[truth] for rule, truth in zip(rules, outcome.trace.rules, strict=True)
    }


def _doubt(rule: Rule, policy: CompiledPolicy, outcome: Outcome) -> str:
    """Why a rule could not be told to apply or not, naming what is not known."""
    index = policy.program(timing=outcome.timing).leaf_index
    truths = outcome.trace.leaves
    names = dict.fromkeys(leaf.fact for leaf in leaves(rule.when) if truths[index[leaf]] is None)
    unknown = " and ".join(fact_words(CATALOGUE[name], None) for name in names)
    return f"{unknown}, so the rule “{rule.name}” may apply. {rule.reason}"


def _rule_view(
    rule: Rule, answer: Answer, lines: tuple[LineView, ...], *, is_deciding: bool
) -> RuleView:
    return RuleView(
        id=rule.id,
        name=rule.name,
        effect=rule.effect,
        mode=rule.mode,
        stage=rule.stage,
        answer=answer,
        is_deciding=is_deciding,
        sentence=rule_sentence(rule),
        reason=rule.reason,
        owner=rule.owner,
        lines=lines,
    )


def _lines(
    condition: Node, came_to: Mapping[Leaf, Truth], seen: Mapping[str, object], depth: int
) -> Iterator[LineView]:
    truth = combine(condition, itemgetter)(came_to)
    if isinstance(condition, Leaf):
        words = leaf_sentence(condition, seen.get(condition.fact), truth)
        yield LineView(depth, words, _ANSWERS[truth], is_group=False)
        return
    words = "all of these" if isinstance(condition, AllOf) else "any of these"
    if isinstance(condition, Not):
        words = "not this"
    yield LineView(depth, words, _ANSWERS[truth], is_group=True)
    for child in children(condition):
        yield from _lines(child, came_to, seen, depth + 1)


def _flip_words(flips: list[Flip]) -> Iterator[str]:
    """What one fact would have to be, without what follows from it anyway."""
    compared = [flip for flip in flips if flip.leaf.op not in _KNOWLEDGE]
    if not compared:
        yield from (leaf_words(flip.leaf, negated=not flip.to) for flip in flips)
        return
    exact = [flip for flip in compared if _names_its_value(flip)]
    if exact:
        compared = [min(exact, key=_breadth)]
    fact = CATALOGUE[flips[0].leaf.fact]
    for flip in compared:
        words = leaf_words(flip.leaf, negated=not flip.to)
        if flip.was is None:
            words = words.replace(f"the {fact.label} is ", f"the {fact.label} is known and ", 1)
        yield words


def _names_its_value(flip: Flip) -> bool:
    """Whether it says what a text or choice is, rather than what it is not."""
    if CATALOGUE[flip.leaf.fact].type not in {FactType.TEXT, FactType.CHOICE}:
        return False
    return flip.leaf.op in (
        {Operator.EQ, Operator.IN} if flip.to else {Operator.NE, Operator.NOT_IN}
    )


def _breadth(flip: Flip) -> int:
    """How many values a comparison leaves open; the narrowest says the most."""
    return len(flip.leaf.value) if isinstance(flip.leaf.value, tuple) else 1


def _clause(reason: str) -> str:
    """A sentence as it follows ``because``: a small first word, no full stop."""
    plain = reason.rstrip().rstrip(".")
    return plain[0].lower() + plain[1:] if _SMALL_FIRST_WORD.match(plain) else plain
