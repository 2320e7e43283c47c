"""Calls to action: what a mail asks its reader to do."""

from __future__ import annotations

import re
from dataclasses import dataclass

from revenue.agents.drafting.text import View, view_of

_REPLY = re.compile(
    r"\b(?:[Rr]eply|REPLY|[Rr]espond|[Aa]nswer|[Ww]rite(?: back)?|[Tt]ext|[Ss]end|[Tt]ype|[Ss]ay)"
    r"(?: back| me| us| to me| with| the word| just){0,3} ([A-Z][A-Z0-9]{1,15})\b"
)
_REQUEST = re.compile(
    r"\b(?:book(?: in)? (?:a|your|some) (?:call|slot|time|demo|meeting|chat|spot)"
    r"|schedule (?:a|some|your) \w{1,20}|(?:hop|jump|get) on a (?:\w{1,12} )?call"
    r"|(?:grab|pick|choose|find) a (?:time|slot)|click (?:here|below|the link|on)"
    r"|sign up|register (?:here|now|today)|download (?:the|our|my|your|it)"
    r"|call (?:me|us)\b|give (?:me|us) a (?:call|ring)|ring (?:me|us)\b|text (?:me|us)\b"
    r"|let me know|reach out to (?:me|us)|drop (?:me|us) a line"
    r"|visit (?:our|my)|check out (?:our|my)|forward this"
    r"|(?:are you|would you be|you) (?:open|free|available|interested|up for)\b"
    r"|worth (?:a|15|20|30|fifteen|twenty) (?:\w{1,12} )?(?:chat|call|conversation|look|minutes)"
    r"|(?:can|could|shall|may|should) (?:we|I) (?:talk|chat|meet|call|send|set up|schedule|show)"
    r"|does \w{1,12} (?:work|suit)|tell me (?:so|when|what|which|if|whether)"
    r"|fill (?:in|out) (?:the|our|this))",
    re.IGNORECASE,
)
#: Verbs that ask only at the beginning of a sentence or after a word of asking.
_IMPERATIVE = re.compile(
    r"(?:(?<=[.!?] )|(?<=\n)|^|\b(?:please|just|simply) )(?:get in touch|"
    r"(?:reply|respond|write back)(?: to (?:this|me|us)(?: (?:mail|email|note|message))?)?"
    r"(?= ?(?:[.!?]|$|and\b|if\b)))",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:not|no|never|without|neither|nor|isn't|won't|don't|doesn't|can't|instead of)\b",
    re.IGNORECASE,
)
_BEFORE = 90


@dataclass(frozen=True, slots=True)
class Call:
    """One call to action. ``word`` is the reply word in capitals, or "" for any other request."""

    word: str
    start: int
    end: int
    text: str


def find_calls(body: str) -> tuple[Call, ...]:
    """All requests of a text, in order; one that the sentence denies is none.

    "Reply MAP" is a reply word; "let me know", "book a call" and the like are others. A reply
    word must stand in capitals, and may be followed by anything.
    """
    view = view_of(body)
    calls: list[Call] = []
    for found in _REPLY.finditer(view.flat):
        calls.append(_call(view, found, found[1]))
    taken = {found.start() for found in _REPLY.finditer(view.flat)}
    for found in (*_REQUEST.finditer(view.flat), *_IMPERATIVE.finditer(view.flat)):
        if found.start() not in taken and not _is_denied(view.flat, found.start()):
            calls.append(_call(view, found, ""))
    return tuple(sorted(calls, key=lambda call: call.start))


def _call(view: View, found: re.Match[str], word: str) -> Call:
    start, end = view.span(found.start(), found.end())
    return Call(word, start, end, view.text[start:end])


def reply_words(body: str) -> tuple[str, ...]:
    """The different reply words that a text asks for, in order."""
    return tuple(dict.fromkeys(call.word for call in find_calls(body) if call.word))


def asks_for_reply(flat: str) -> bool:
    """Whether a flat text (see ``text.View``) asks for a reply word."""
    return _REPLY.search(flat) is not None


def _is_denied(flat: str, start: int) -> bool:
    before = flat[max(0, start - _BEFORE) : start]
    clause = before[max(before.rfind(mark) for mark in ".!?\n") + 1 :]
    return _DENIED.search(clause) is not None
