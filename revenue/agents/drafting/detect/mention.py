"""What a finder reports."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from revenue.agents.drafting.brief import Brief, Evidenced
from revenue.agents.drafting.calls import asks_for_reply
from revenue.agents.drafting.text import ACCOUNT_MARK, View

_RECIPIENT = re.compile(
    rf"\b(?:you|your|yours|yourself|yourselves)\b|{ACCOUNT_MARK}", re.IGNORECASE
)
_SENDER = re.compile(r"\b(?:I|I'm|I'll|I've|I'd|[Ww]e|[Ww]e'll|[Ww]e've|[Oo]ur|[Mm]y|us)\b")
_SUPPOSED = re.compile(
    r"\b(?:if|when|whenever|whether|imagine|suppose|would|could|might|may|unless|should)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Mention:
    """Words from ``start`` to ``end`` that state something, and the evidence that settles it.

    ``evidence`` may contradict what is stated: then ``supported`` is false and ``reason`` says
    what the record has.
    """

    start: int
    end: int
    fact: str
    evidence: Evidenced[Any] | None
    supported: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a sentence speaks."""

    addresses: bool
    from_sender: bool
    supposes: bool
    asks: bool


@dataclass(frozen=True)
class Reading:
    """One text under examination, and what is known about its recipient."""

    view: View
    brief: Brief
    _manners: dict[int, Manner] = field(default_factory=dict)

    def asks(self, position: int) -> bool:
        """Whether the sentence there asks for a reply word."""
        return self._manner(position).asks

    def addresses(self, position: int) -> bool:
        """Whether the sentence there speaks of the recipient."""
        return self._manner(position).addresses

    def from_sender(self, position: int) -> bool:
        """Whether the sentence there speaks of the sender."""
        return self._manner(position).from_sender

    def supposes(self, position: int) -> bool:
        """Whether the sentence there asks or supposes, so that it states nothing."""
        return self._manner(position).supposes

    def _manner(self, position: int) -> Manner:
        sentence = self.view.sentence_at(position)
        if sentence is None:
            return Manner(addresses=False, from_sender=False, supposes=True, asks=False)
        known = self._manners.get(sentence.start)
        if known is None:
            words = self.view.flat[sentence.start : sentence.end]
            known = self._manners[sentence.start] = Manner(
                addresses=_RECIPIENT.search(words) is not None,
                from_sender=_SENDER.search(words) is not None,
                supposes=sentence.question or _SUPPOSED.search(words) is not None,
                asks=asks_for_reply(words),
            )
        return known


#: The reason of a mention for which there is no record at all.
NOTHING = "nothing on record says so"


def judged(
    found: re.Match[str], fact: str, evidence: Evidenced[Any] | None, *, holds: bool, stated: str
) -> Mention:
    """A mention with the reason in words where it does not hold."""
    start, end = found.span()
    if evidence is None:
        return Mention(start, end, fact, None, supported=False, reason=NOTHING)
    if holds:
        return Mention(start, end, evidence.fact, evidence, supported=True)
    reason = f"the text says {stated.lower()}, the record says {evidence.value}"
    return Mention(start, end, evidence.fact, evidence, supported=False, reason=reason)
