"""What a finder reports."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from revenue.agents.drafting.brief import Brief, Evidenced
from revenue.agents.drafting.calls import asks_for_reply
from revenue.agents.drafting.text import ACCOUNT_MARK, View

_RECIPIENT = re.compile(
    rf"\b(?:you|your|yours|yourself|yourselves)\b|{ACCOUNT_MARK}", re.IGNORECASE
)
_SENDER = re.compile(r"\b(?:I|I'm|I'll|I've|I'd|[Ww]e|[Ww]e'll|[Ww]e've|[Oo]ur|[Mm]y|us)\b")
_SUPPOSED = re.compile(
    r"\b(?:if|when|whenever|whether|while|imagine|suppose|would|could|might|may|unless|until|"
    r"before|should|somebody|someone|anyone|nobody|whoever)\b",
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


@dataclass(frozen=True)
class Reading:
    """One text under examination, and what is known about its recipient."""

    view: View
    brief: Brief

    def asks(self, position: int) -> bool:
        """Whether the sentence there asks for a reply word."""
        return asks_for_reply(self._words(position))

    def addresses(self, position: int) -> bool:
        """Whether the sentence there speaks of the recipient."""
        return _RECIPIENT.search(self._words(position)) is not None

    def from_sender(self, position: int) -> bool:
        """Whether the sentence there speaks of the sender."""
        return _SENDER.search(self._words(position)) is not None

    def supposes(self, position: int) -> bool:
        """Whether the sentence there asks or supposes, so that it states nothing."""
        sentence = self.view.sentence_at(position)
        return (
            sentence is None
            or sentence.question
            or _SUPPOSED.search(self._words(position)) is not None
        )

    def _words(self, position: int) -> str:
        sentence = self.view.sentence_at(position)
        return "" if sentence is None else self.view.flat[sentence.start : sentence.end]


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
