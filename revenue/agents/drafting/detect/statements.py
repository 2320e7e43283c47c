"""Praise, statements of how the recipient does, and things the sender says to have done."""

from __future__ import annotations

import re
from collections.abc import Iterator

from revenue.agents.drafting.detect.gated import gated
from revenue.agents.drafting.detect.mention import NOTHING, Mention, Reading
from revenue.agents.drafting.text import ACCOUNT_MARK, Stretches
from revenue.agents.drafting.words import listed

_PRAISE = gated(
    r"\b(?:award-?winning|awards?|renowned|famous|well-known|best-known|highly rated|top-rated|"
    r"best-rated|highest-rated|prestigious|premier|number one|"
    r"most (?:popular|trusted|loved|respected)|longest-(?:running|established)|fastest-growing|"
    r"family-(?:owned|run|operated)|locally owned|long-standing|long-established|"
    r"(?:newly|recently) (?:opened|renovated|moved|expanded|hired|launched)|(?:great|glowing|"
    r"excellent|fantastic|wonderful|amazing|impressive|stellar) "
    r"(?:reviews?|reputation|work|ratings?)|"
    r"rav(?:e|es|ed|ing) about|something special|stands? out|go-to|well-loved|beloved|"
    r"congrat(?:s|ulations))\b|#1\b|\bno\.? ?1\b",
    "award|renowned|famous|-known|rated|prestigious|premier|number one|most |longest|fastest"
    "|family|rave|raving|special|stand|go-to|loved|congrat|locally|long-|newly |recently |review"
    "|reputation|work|rating|#1|no1|no 1|no. 1|no.1",
)
_RANK = gated(
    r"\b(?:the (?:only|best|leading|oldest|largest|biggest|busiest|finest|first|top)|"
    r"one of the (?:best|leading|oldest|largest|biggest|busiest|finest|top|few))\b"
    r"(?! (?:time|thing|way|name|question|one|line|page|place|call|message|step|part|visit))",
    "the only|the best|the leading|the oldest|the largest|the biggest|the busiest|the finest|"
    "the first|the top|the few",
)
_SUBJECT = (
    rf"(?:\b(?:you|your (?!own\b)[\w-]{{2,20}}(?: [\w-]{{2,16}})?)|(?<!{ACCOUNT_MARK})"
    rf"{ACCOUNT_MARK}{{1,200}})"
)
_CONDUCT = re.compile(
    rf"{_SUBJECT}(?:'re| are| is| have| has| had| keep| keeps| often| always| usually| probably| "
    r"regularly| currently| still| already){0,2} "
    r"(?:miss(?:es|ed|ing)?|los(?:e|es|t|ing)|leav(?:e|es|ing)|ignor(?:e|es|ed|ing)|"
    r"fail(?:s|ed|ing)?|struggl(?:e|es|ed|ing)|forget(?:s|ting)?|"
    r"tak(?:e|es|ing) (?:hours|days|too)|go(?:es)? (?:to voicemail|unanswered)|"
    r"(?:un|not )answered|do(?:es)?(?: not|n't) (?:answer|reply|respond|follow|have|offer|pick)|"
    r"(?:can|could)(?:not|n't) keep up|slow|understaffed|overwhelmed)\b",
    re.IGNORECASE,
)
_STATE = re.compile(
    rf"{_SUBJECT}(?:'re|'ve| (?:are|were|is|was|have|has|had|offers?|opened|moved|hired|expanded|"
    r"grew|closed|serves?|speciali[sz]es?|provides?|runs?|uses?|advertises?|ranks?|gets?|needs?|"
    r"wants?|employs?|started|joined|launched|accepts?|sells?|operates?|charges?|closes?|opens?|treats?|books?|works?|"
    r"spends?|pays?|sees?|makes?|takes?|answers?|reply|replies|sends?))\b",
    re.IGNORECASE,
)
#: After these the names of recipient and account are no subject: "inside Elements Massage is".
_NO_SUBJECT_AFTER = listed(
    "at to of in with for from inside outside about by around through near do did while until "
    "before than whether"
)
#: A quotation between subject and verb: the verb belongs to somebody else's words.
_QUOTE = re.compile('["“”„«»]')
_HARMLESS = re.compile(
    r"you(?:'re| (?:are|were|have|had|need|want|get))(?: (?:had|nothing|no|any|to|other|plenty|"
    r"less|more|free|welcome|right|reading|not|already|never|it)){1,3}\b",
    re.IGNORECASE,
)
_MOST = gated(r"\b(?:most|many|some|several|all|few|none|each) of your [\w-]{2,20}\b", "of your ")
_DEED = gated(
    r"\b(?:I|[Ww]e)(?:'ve| have)?(?: just| recently| also| actually| even| personally){0,2} "
    r"(?:called|phoned|rang|tried|tested|visited|checked|read|saw|seen|noticed|found|browsed|looked|"
    r"watched|walked|drove|came across|stumbled|went through|filled|messaged|texted|emailed|"
    r"e-mailed|booked|heard|audited|reviewed|researched|analy[sz]ed|compared|studied|admired?|"
    r"loved?)\b",
    "i |we |i'|we'",
    cased=True,
)
_HEARSAY = gated(
    r"\b(?:a|my|one of) (?:\w{1,12} )?(?:friend|client|patient|member|colleague|customer|wife|"
    r"husband|neighbou?r)s?(?: of (?:yours|mine|ours))? (?:told|mentioned|referred|recommended|"
    r"suggested|said|loves)\b",
    "told|mentioned|referred|recommended|suggested|said|loves",
)


def praised(reading: Reading) -> Iterator[Mention]:
    """Superlatives, awards, reputation: never on record, so always without support."""
    for found in _PRAISE.found_in(reading.view):
        yield _unproven(found, "account.superlative")
    for found in _RANK.found_in(reading.view):
        if reading.addresses(found.start()) and not reading.supposes(found.start()):
            yield _unproven(found, "account.superlative")


def done_by_sender(reading: Reading) -> Iterator[Mention]:
    """What the sender says to have seen, tried or been told, "if I called" aside."""
    view = reading.view
    for found in (*_DEED.found_in(view), *_HEARSAY.found_in(view)):
        if view.lowered[max(0, found.start() - 3) : found.start()] != "if ":
            yield _unproven(found, "sender.action")


def stated(reading: Reading, taken: Stretches) -> Iterator[Mention]:
    """How the recipient does or what it is, stated outright.

    Conduct ("you miss calls") is always a statement; anything else ("you offer …") is one only
    where no other finder has taken words of the same sentence. Questions and suppositions state
    nothing.
    """
    flat = reading.view.flat
    for found in _CONDUCT.finditer(flat):
        if not reading.supposes(found.start()) and _is_subject(flat, found.start()):
            yield _unproven(found, "account.conduct")
    for found in _MOST.found_in(reading.view):
        if not reading.supposes(found.start()):
            yield _unproven(found, "account.statement")
    for found in _STATE.finditer(flat):
        sentence = reading.view.sentence_at(found.start())
        if sentence is None or reading.supposes(found.start()) or reading.asks(found.start()):
            continue
        if _HARMLESS.match(flat, found.start()) or not _is_subject(flat, found.start()):
            continue
        if _QUOTE.search(reading.view.text, *reading.view.span(*found.span())):
            continue
        if not taken.touch(sentence.start, sentence.end):
            yield _unproven(found, "account.statement")


def _is_subject(flat: str, start: int) -> bool:
    before = flat[max(0, start - 12) : start].lower().split()
    return not before or before[-1] not in _NO_SUBJECT_AFTER


def _unproven(found: re.Match[str], fact: str) -> Mention:
    return Mention(*found.span(), fact, None, supported=False, reason=NOTHING)
