"""Counterexamples in words: what was decided one way before and is decided another way now."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, cast

from revenue.policies.catalogue import CATALOGUE
from revenue.policies.conditions import PolicyText, leaves
from revenue.policies.countries import country_words
from revenue.policies.evaluation import Decision
from revenue.policies.vocabulary import Effect, Fact, PolicyKind
from revenue.policies.wording import fact_words, value_words

_DONE: Final = {
    PolicyKind.ICP: {Effect.DENY: "rejected", Effect.HOLD: "held", Effect.ALLOW: "accepted"}
}
_SENT: Final = {Effect.DENY: "denied", Effect.HOLD: "held", Effect.ALLOW: "allowed"}
_SUBJECTS: Final = {PolicyKind.ICP: "a business"}
_OWN_STATEMENT: Final = re.compile("^the (message|business) ")
_SINCE: Final = "time since "
_HEADLINES: Final = ("send.kind", "contact.country", "account.category", "account.country")


def counterexample_words(
    facts: Mapping[str, object],
    before: Decision,
    after: Decision,
    *,
    kind: PolicyKind = PolicyKind.SEND,
) -> str:
    """``a reactivation to a contact in Canada without a consent record: held before, allowed now``.

    ``facts`` are the ones to name; ``None`` is not known.
    """
    return f"{input_words(facts, kind)}: {_turn_words(before, after, kind)}"


def input_words(facts: Mapping[str, object], kind: PolicyKind) -> str:
    """What is judged: ``a reactivation to a contact in Canada without a consent record``."""
    subject = _SUBJECTS.get(kind, "a message")
    if facts.get("send.kind") is not None:
        subject = value_words(CATALOGUE["send.kind"], facts["send.kind"])
    attached: list[str] = []
    own: list[str] = []
    clauses: list[str] = []
    for name, value in facts.items():
        if value is None:
            clauses.append(_clause(CATALOGUE[name], value))
        elif name in _PHRASES:
            attached.append(_PHRASES[name](value))
        elif name != "send.kind":
            statement = _clause(CATALOGUE[name], value)
            plain = _OWN_STATEMENT.sub("", statement)
            (clauses if plain == statement else own).append(plain)
    what = " ".join((subject, *attached))
    if own:
        what += f" that {_listed(own)}"
    if clauses:
        what += f" where {_listed(clauses)}"
    return what


def facts_to_name(
    facts: Mapping[str, object],
    others: Mapping[str, object],
    deciders: Iterable[tuple[PolicyText, Decision]],
) -> dict[str, object]:
    """The facts that matter, and the kind and the country wherever a deciding rule asks for them.

    They tell a reader at once what the example is about.
    """
    asked = {
        leaf.fact
        for text, decision in deciders
        for rule in text.rules
        if rule.id in {decision.rule, decision.wait}
        for leaf in leaves(rule.when)
    }
    known = {name: others[name] for name in _HEADLINES if others.get(name) is not None}
    added = {name: value for name, value in known.items() if name in asked}
    return {name: {**facts, **added}[name] for name in CATALOGUE if name in {*facts, *added}}


def effect_words(effect: Effect, kind: PolicyKind) -> str:
    """``held``; of the customer profile ``rejected`` and ``accepted``."""
    return _DONE.get(kind, _SENT)[effect]


def _turn_words(before: Decision, after: Decision, kind: PolicyKind) -> str:
    if before.effect is after.effect:
        if before.wait is not None:
            return "made to wait before, free to leave now"
        return "free to leave before, made to wait now"
    return f"{effect_words(before.effect, kind)} before, {effect_words(after.effect, kind)} now"


def _clause(fact: Fact, value: object) -> str:
    """``the number of locations is 3``; a time since something as the time of it."""
    if not fact.label.startswith(_SINCE):
        return fact_words(fact, value)
    event = fact.label.removeprefix(_SINCE)
    if value is None:
        return f"it is not known when {event}"
    return f"{event} {value_words(fact, value)} ago"


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _consent(value: object) -> str:
    return {
        "none": "without a consent record",
        "implied_published": "with consent implied by publication",
        "existing_business": "with an existing business relationship",
        "express": "with express consent",
    }.get(cast("str", value), "")


def _legal_form(value: object) -> str:
    return {
        "company": "who works for a company",
        "sole_trader": "who is a sole trader",
        "unknown": "whose legal form is not established",
    }.get(cast("str", value), "")


def _counted(one: str, many: str) -> Callable[[object], str]:
    def words(value: object) -> str:
        number = cast("float", value)
        return f"with {number:g} {one if number == 1 else many}"

    return words


def _category(value: object) -> str:
    return f"whose line of business is {value_words(CATALOGUE['account.category'], value)}"


def _sector(value: object) -> str:
    return f"in the sector {value_words(CATALOGUE['account.category_group'], value)}"


_PHRASES: Final[Mapping[str, Callable[[object], str]]] = {
    "contact.country": lambda value: f"to a contact in {country_words(cast('str', value))}",
    "contact.consent": _consent,
    "contact.legal_form": _legal_form,
    "send.unsupported_claims": _counted("unsupported claim", "unsupported claims"),
    "send.copy_blockers": _counted("fault in the copy", "faults in the copy"),
    "send.copy_warnings": _counted("doubt about the copy", "doubts about the copy"),
    "account.country": lambda value: f"in {country_words(cast('str', value))}",
    "account.category": _category,
    "account.category_group": _sector,
    "account.locations": _counted("location", "locations"),
    "account.relationship_facts": _counted("relationship fact", "relationship facts"),
    "mailbox.sent_today": _counted("send today", "sends today"),
}
