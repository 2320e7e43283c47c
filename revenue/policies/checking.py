"""Checks a version against the active one of its kind, over all inputs, and shows what was found.

What was found is JSON beside the version; ``proofs`` says its shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from revenue.actors import Actor
from revenue.models import PolicyState, PolicyVersion
from revenue.policies.catalogue import CATALOGUE
from revenue.policies.conditions import parse_policy
from revenue.policies.evaluation import Cause
from revenue.policies.proofs import proof_of
from revenue.policies.telling import effect_words
from revenue.policies.versions import keep_proof
from revenue.policies.vocabulary import Effect, PolicyKind
from revenue.policies.wording import value_words

_RAISED: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_TONES: Final = {
    "looser": "wait",
    "both": "wait",
    "undecided": "unsure",
    "tighter": "go",
    "not_looser": "go",
    "same": "go",
    "first": "go",
    "unchecked": "plain",
}


def check_version(*, version: PolicyVersion, by: Actor, now: datetime) -> None:
    """Compare it with the active version of its kind and keep what was found.

    May take some seconds, all outside any transaction; whether another version became active
    meanwhile, publishing asks. Raises ``versions.WrongState`` for one that was published.
    """
    active = _active(version)
    proof = proof_of(parse_policy(active.text) if active else None, parse_policy(version.text))
    keep_proof(
        version=version,
        compared_with=active,
        loosens=proof["loosens"],
        analysis=proof,
        by=by,
        now=now,
    )
    version.refresh_from_db(fields=["state", "compared_with", "loosens", "analysis"])


@dataclass(frozen=True, slots=True)
class ShownFact:
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class ShownSide:
    """One verdict of an example: the slug of its state, such as ``Held``, and what made it so."""

    state: str
    words: str
    rule: str


@dataclass(frozen=True, slots=True)
class ShownExample:
    """An input at which two versions differ; ``others`` are the facts that make no difference.

    ``words`` tell all of it in one sentence, ``input`` only what is judged.
    """

    words: str
    input: str
    before: ShownSide
    after: ShownSide
    facts: tuple[ShownFact, ...]
    others: tuple[ShownFact, ...]


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """Something noticed about one rule of the text; ``rule`` is its id."""

    rule: str
    name: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ShownProof:
    """What ``revenue/policy_proof.html`` shows.

    ``state`` is the verdict, or ``unchecked``; ``kind`` and ``number`` name the version that it is
    about, ``against`` the one that was active. ``is_current`` is false where another version has
    become active since: it must be checked anew before it can be published.
    """

    kind: str
    number: int
    state: str
    tone: str
    headline: str
    how: str
    against: int | None
    is_current: bool
    looser: tuple[ShownExample, ...]
    tighter: tuple[ShownExample, ...]
    faults: tuple[ShownFinding, ...]
    notes: tuple[ShownFinding, ...]
    undecided: tuple[str, ...]

    @property
    def is_looser(self) -> bool:
        """Whether publishing it needs a second person."""
        return self.state in {"looser", "both", "undecided"}


def shown_proof(version: PolicyVersion) -> ShownProof:
    """What was found, ready to be shown; one or two queries, none where nothing was checked."""
    proof = version.analysis or {}
    state = proof.get("verdict", "unchecked")
    against = version.compared_with.number if version.compared_with else None
    names = {rule.id: rule.name for rule in parse_policy(version.text).rules}
    findings = proof.get("findings", ())
    kind = PolicyKind(version.kind)
    return ShownProof(
        kind=version.kind,
        number=version.number,
        state=state,
        tone=_TONES[state],
        headline=_headline(state, against),
        how=_how(state, proof),
        against=against,
        is_current=state == "unchecked" or _is_current(version),
        looser=tuple(_example(example, kind) for example in proof.get("looser", ())),
        tighter=tuple(_example(example, kind) for example in proof.get("tighter", ())),
        faults=tuple(_finding(one, names) for one in findings if one["severity"] == "fault"),
        notes=tuple(_finding(one, names) for one in findings if one["severity"] == "note"),
        undecided=tuple(proof.get("undecided", ())),
    )


def _active(version: PolicyVersion) -> PolicyVersion | None:
    active = PolicyVersion.objects.filter(kind=version.kind, state=PolicyState.ACTIVE)
    return active.exclude(pk=version.pk).first()


def _is_current(version: PolicyVersion) -> bool:
    """A version that is or was active needs no comparison any more."""
    if version.published_at is not None:
        return True
    active = PolicyVersion.objects.filter(kind=version.kind, state=PolicyState.ACTIVE)
    return active.values_list("pk", flat=True).first() == version.compared_with_id


def _headline(state: str, against: int | None) -> str:
    return {
        "unchecked": "Not checked yet",
        "first": "The first of its kind: there is nothing that it could loosen",
        "same": f"Not looser: it decides everything as version {against} does",
        "tighter": f"Not looser than version {against}, and tighter in places",
        "not_looser": f"Not looser than version {against}",
        "looser": f"Looser than version {against}",
        "both": f"Looser than version {against} in places, and tighter in others",
        "undecided": f"Counts as looser than version {against}: it could not be decided",
    }[state]


def _how(state: str, proof: Mapping[str, Any]) -> str:
    if state == "unchecked":
        return ""
    facts, ms = proof["facts"], proof["ms"]
    if state == "undecided":
        return f"The solver gave up on {facts} facts after {ms:,} ms."
    size = f"{facts} fact{'' if facts == 1 else 's'}, {_many(proof['sorts'])} sorts of input"
    return f"Decided over all inputs, not over samples: {size}, in {ms:,} ms."


def _many(number: int) -> str:
    """``1,200``; from a million on as ``about 7`` times a power of ten."""
    if number < 10**6:
        return f"{number:,}"
    digit, power = f"{number:.0e}".split("e+")
    return f"about {digit} \N{MULTIPLICATION SIGN} 10{str(int(power)).translate(_RAISED)}"


def _example(example: Mapping[str, Any], kind: PolicyKind) -> ShownExample:
    before, after = example["before"], example["after"]
    show = _waiting if before["effect"] == after["effect"] else partial(_side, kind=kind)
    return ShownExample(
        words=example["words"],
        input=example["input"],
        before=show(before),
        after=show(after),
        facts=_facts(example["facts"]),
        others=_facts(example["others"]),
    )


def _side(side: Mapping[str, Any], kind: PolicyKind) -> ShownSide:
    words = effect_words(Effect(side["effect"]), kind).capitalize()
    rule = side["name"]
    if side["cause"] == Cause.UNKNOWN:
        rule = f"{rule}, which can't be told"
    return ShownSide(state=side["effect"], words=words, rule=rule or "no rule allows it")


def _waiting(side: Mapping[str, Any]) -> ShownSide:
    if side["wait"]:
        return ShownSide(state="hold", words="Waits", rule=side["waits_for"])
    return ShownSide(state="allow", words="Leaves at once", rule="")


def _facts(facts: Mapping[str, object]) -> tuple[ShownFact, ...]:
    return tuple(
        ShownFact(fact.label, value_words(fact, facts[name]))
        for name, fact in CATALOGUE.items()
        if name in facts
    )


def _finding(finding: Mapping[str, Any], names: Mapping[str, str]) -> ShownFinding:
    rule = finding["rule"]
    return ShownFinding(rule=rule, name=names[rule], sentence=finding["sentence"])
