"""What a text states about its recipient, and whether the brief supports it.

The text may come from a template, a person or a model: claims are found in the words, not taken
from whoever wrote them. What is recognised: numbers (of locations, people, stars, reviews, years,
shares, sums), places, lines of business and kinds of premises, website and its parts, the
reader's role, a shared past and its dates, praise and rank, how the recipient does ("you miss
calls"), and what the sender says to have seen or tried.

Limits. Only English is read. A claim in words that no pattern knows ("the new sauna") passes
unmarked, unless it is of the form "you have …". Irony, pronouns across sentences and a second
company in the same sentence are not understood. Questions and suppositions ("if you miss a call")
count as stating nothing but the facts they take for granted. A supported claim means that the
stored value says the same, not that the stored value is true. So an empty result is no proof that
a text is sound; an unsupported claim is a reason to look.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from revenue.agents.drafting.brief import Brief
from revenue.agents.drafting.detect.counts import counted, loose_numbers
from revenue.agents.drafting.detect.history import remembered
from revenue.agents.drafting.detect.mention import Mention, Reading
from revenue.agents.drafting.detect.places import placed
from revenue.agents.drafting.detect.statements import done_by_sender, praised, stated
from revenue.agents.drafting.detect.trade import traded
from revenue.agents.drafting.text import Stretches, View, view_of

MAX_CLAIMS = 200
#: Of a sentence so many characters on either side of the claim are kept.
_CONTEXT = 400


@dataclass(frozen=True, slots=True)
class Claim:
    """One checkable statement: the words ``body[start:end]`` within ``sentence``.

    ``value`` is the stored value where there is one, in words; ``source``, ``field`` and
    ``as_of`` say where it is stored. Where ``supported`` is false they are those of the record
    that contradicts the text, or empty, and ``reason`` says why.
    """

    start: int
    end: int
    sentence: str
    fact: str
    value: str
    source: str
    field: str
    as_of: date | None
    supported: bool
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values; ``from_json`` gives the same claim back."""
        return {
            "start": self.start,
            "end": self.end,
            "sentence": self.sentence,
            "fact": self.fact,
            "value": self.value,
            "source": self.source,
            "field": self.field,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "supported": self.supported,
            "reason": self.reason,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Claim:
        """Raises ``TypeError`` or ``ValueError`` for what ``as_json`` never wrote."""
        day = stored["as_of"]
        return cls(**{**stored, "as_of": date.fromisoformat(day) if day else None})


def find_claims(body: str, brief: Brief) -> tuple[Claim, ...]:
    """The claims of a text in the order of the text.

    Reads at most ``text.MAX_TEXT`` characters, in time linear in them, and gives at most
    ``MAX_CLAIMS``; the unsupported ones are the last to be left out.
    """
    view = view_of(body, brief)
    reading = Reading(view, brief)
    mentions = list(placed(reading))
    places = _stretches(view, mentions)
    mentions += [*counted(reading), *traded(reading, places), *remembered(reading)]
    mentions += [*praised(reading), *done_by_sender(reading)]
    taken = _stretches(view, mentions)
    mentions += [*stated(reading, taken), *loose_numbers(reading, taken)]
    claims = (_claim(reading, mention) for mention in _limited(_outermost(mentions)))
    return tuple(claim for claim in claims if claim is not None)


def unsupported(claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
    """The claims that hold a draft."""
    return tuple(claim for claim in claims if not claim.supported)


def _outermost(mentions: list[Mention]) -> list[Mention]:
    """In order, without those that lie inside another about the same fact."""
    kept: list[Mention] = []
    for mention in sorted(mentions, key=lambda item: (item.start, -item.end)):
        inside = any(other.fact == mention.fact and mention.end <= other.end for other in kept[-4:])
        if not inside:
            kept.append(mention)
    return kept


def _stretches(view: View, mentions: list[Mention]) -> Stretches:
    stretches = Stretches(len(view.flat))
    for mention in mentions:
        stretches.add(mention.start, mention.end)
    return stretches


def _limited(mentions: list[Mention]) -> list[Mention]:
    if len(mentions) <= MAX_CLAIMS:
        return mentions
    kept = sorted(mentions, key=lambda item: item.supported)[:MAX_CLAIMS]
    return sorted(kept, key=lambda item: (item.start, -item.end))


def _claim(reading: Reading, mention: Mention) -> Claim | None:
    sentence = reading.view.sentence_at(mention.start)
    if sentence is None:
        return None
    start, end = reading.view.span(mention.start, mention.end)
    first, last = reading.view.span(sentence.start, sentence.end)
    first, last = max(first, start - _CONTEXT), min(last, end + _CONTEXT)
    evidence = mention.evidence
    return Claim(
        start=start,
        end=end,
        sentence=reading.view.text[first:last],
        fact=mention.fact,
        value=str(evidence.value) if evidence else "",
        source=evidence.source if evidence else "",
        field=evidence.field if evidence else "",
        as_of=evidence.as_of if evidence else None,
        supported=mention.supported,
        reason=mention.reason,
    )
