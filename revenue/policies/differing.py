"""How two texts of a policy differ, rule by rule, in words that can stand side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from revenue.policies.conditions import PolicyText, Rule
from revenue.policies.explaining import rule_sentence
from revenue.policies.vocabulary import Mode, Stage
from revenue.policies.wording import condition_words

_MODES = {Mode.ENFORCE: "on", Mode.WARN: "only marks", Mode.OFF: "off"}
_STAGES = {Stage.CONTENT: "what it says", Stage.TIMING: "the hour"}


class DifferenceKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class PartChanged:
    """One part of a rule, such as its effect, and what it was and is, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of one rule, or with ``rule`` empty of the title; ``name`` is the newer.

    ``before`` and ``after`` read the whole rule back; one is empty where the rule did not stand.
    ``parts`` says what changed in it. A rule that changed and moved too is a changed one with a
    part for its place.
    """

    kind: DifferenceKind
    rule: str
    name: str
    before: str
    after: str
    parts: tuple[PartChanged, ...] = ()


def differences(old: PolicyText, new: PolicyText) -> tuple[Difference, ...]:
    """Every difference that a reader can see, in the order of the new text, removals last."""
    return tuple(_differences(old, new))


def _differences(old: PolicyText, new: PolicyText) -> Iterator[Difference]:
    before, after = _by_id(old), _by_id(new)
    moved = _moved(list(before), list(after))
    if old.title != new.title:
        part = PartChanged("title", old.title, new.title)
        yield Difference(
            DifferenceKind.CHANGED, "", "the policy itself", old.title, new.title, (part,)
        )
    for rule_id, rule in after.items():
        if rule_id not in before:
            sentence = rule_sentence(rule)
            yield Difference(DifferenceKind.ADDED, rule_id, rule.name, "", sentence)
            continue
        was = before[rule_id]
        parts = tuple(_parts(was, rule))
        if rule_id in moved:
            parts += (_place(rule_id, old, new),)
        if parts:
            only_moved = rule_id in moved and len(parts) == 1
            kind = DifferenceKind.MOVED if only_moved else DifferenceKind.CHANGED
            yield Difference(
                kind, rule_id, rule.name, rule_sentence(was), rule_sentence(rule), parts
            )
    for rule_id, rule in before.items():
        if rule_id not in after:
            sentence = rule_sentence(rule)
            yield Difference(DifferenceKind.REMOVED, rule_id, rule.name, sentence, "")


def _by_id(text: PolicyText) -> dict[str, Rule]:
    return {rule.id: rule for rule in text.rules}


def _parts(was: Rule, now: Rule) -> Iterator[PartChanged]:
    pairs = (
        ("title", was.name, now.name),
        ("effect", was.effect.value, now.effect.value),
        ("mode", _MODES[was.mode], _MODES[now.mode]),
        ("stage", _STAGES[was.stage], _STAGES[now.stage]),
        ("reason", was.reason, now.reason),
        ("owner", was.owner, now.owner),
    )
    if was.when != now.when:
        yield PartChanged("condition", condition_words(was.when), condition_words(now.when))
    for label, before, after in pairs:
        if before != after:
            yield PartChanged(label, before, after)


def _place(rule_id: str, old: PolicyText, new: PolicyText) -> PartChanged:
    before, after = (
        f"{[rule.id for rule in text.rules].index(rule_id) + 1} of {len(text.rules)}"
        for text in (old, new)
    )
    return PartChanged("place", before, after)


def _moved(before: Sequence[str], after: Sequence[str]) -> frozenset[str]:
    """The fewest rules that must have been moved for the others to keep their order."""
    places: Mapping[str, int] = {rule_id: place for place, rule_id in enumerate(before)}
    kept = [rule_id for rule_id in after if rule_id in places]
    stayed = _longest_rising([places[rule_id] for rule_id in kept])
    return frozenset(rule_id for rule_id in kept if places[rule_id] not in stayed)


def _longest_rising(numbers: Sequence[int]) -> frozenset[int]:
    """The members of a longest rising subsequence of distinct numbers."""
    runs: list[tuple[int, ...]] = [()]
    for number in numbers:
        fitting = [run for run in runs if not run or run[-1] < number]
        runs.append((*_longest(fitting), number))
    return frozenset(_longest(runs))


def _longest(runs: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    return max(runs, key=len)
