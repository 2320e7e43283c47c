"""Small changes to a text: switch a rule, move it, take it out; another title."""

from __future__ import annotations

from dataclasses import dataclass

from revenue.policies.conditions import PolicyText, Rule, parse_policy
from revenue.policies.vocabulary import Mode

_SWITCHED = {
    Mode.ENFORCE: "Switched “{}” on.",
    Mode.WARN: "Let “{}” only mark.",
    Mode.OFF: "Switched “{}” off.",
}


@dataclass(frozen=True, slots=True)
class Arranged:
    """The changed text, and what was done in a sentence; empty where nothing was."""

    text: PolicyText
    note: str = ""


def arranged(text: PolicyText, act: str, order: str = "") -> Arranged:
    """What the button ``act`` makes of a text: ``off:quiet-hours``, ``up:…``, ``remove:…``.

    ``order`` takes the rules in the order of these ids, separated by commas; rules that it does
    not name keep their place behind the one before them. An unknown act changes nothing.
    """
    what, _, rule_id = act.partition(":")
    if what == "order":
        return _ordered(text, order.split(","))
    at = next((n for n, rule in enumerate(text.rules) if rule.id == rule_id), None)
    if at is None:
        return Arranged(text)
    rule = text.rules[at]
    if what in set(Mode):
        return _switched(text, at, Mode(what))
    if what == "remove":
        rest = (*text.rules[:at], *text.rules[at + 1 :])
        return Arranged(_with(text, rest), f"Took out “{rule.name}”.")
    if what in ("up", "down"):
        return _moved(text, at, -1 if what == "up" else 1)
    return Arranged(text)


def titled(text: PolicyText, title: str) -> Arranged:
    """The text under another title. Raises PolicyInvalid."""
    changed = parse_policy({**text.to_json(), "title": title})
    return Arranged(changed, f"Changed the title to “{changed.title}”.")


def _switched(text: PolicyText, at: int, mode: Mode) -> Arranged:
    rule = text.rules[at]
    changed = rule.model_copy(update={"mode": mode})
    rules = (*text.rules[:at], changed, *text.rules[at + 1 :])
    return Arranged(_with(text, rules), _SWITCHED[mode].format(rule.name))


def _moved(text: PolicyText, at: int, by: int) -> Arranged:
    rules = list(text.rules)
    rule = rules.pop(at)
    to = min(max(at + by, 0), len(rules))
    rules.insert(to, rule)
    where = f"Moved “{rule.name}” to place {to + 1} of {len(rules)}."
    return Arranged(_with(text, tuple(rules)), where)


def _ordered(text: PolicyText, ids: list[str]) -> Arranged:
    wanted = {rule_id: place for place, rule_id in enumerate(ids)}
    last: tuple[int, int] = (-1, 0)
    keys: dict[str, tuple[int, int]] = {}
    for number, rule in enumerate(text.rules):
        last = (wanted[rule.id], -1) if rule.id in wanted else (last[0], number)
        keys[rule.id] = last
    rules = tuple(sorted(text.rules, key=lambda rule: keys[rule.id]))
    return Arranged(_with(text, rules), "Put the rules in another order.")


def _with(text: PolicyText, rules: tuple[Rule, ...]) -> PolicyText:
    return text.model_copy(update={"rules": rules})
