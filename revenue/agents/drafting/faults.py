"""What can be wrong with the copy of a mail: one table of all codes, and the shape of a finding."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class Severity(StrEnum):
    """``block``: must be mended first. ``warn``: a person must look. ``note``: a remark."""

    BLOCK = "block"
    WARN = "warn"
    NOTE = "note"


class Where(StrEnum):
    SUBJECT = "subject"
    BODY = "body"
    FOOTER = "footer"


@dataclass(frozen=True, slots=True)
class FaultKind:
    label: str
    severity: Severity
    why: str


_BLOCK, _WARN, _NOTE = Severity.BLOCK, Severity.WARN, Severity.NOTE

#: Every code that ``check_copy`` can report.
FAULTS: MappingProxyType[str, FaultKind] = MappingProxyType(
    {
        "subject.missing": FaultKind(
            "No subject", _BLOCK, "A mail without a subject looks like an accident."
        ),
        "subject.faked_reply": FaultKind(
            "Faked reply or forward",
            _BLOCK,
            "A mark such as Re: on a mail that answers nothing deceives (CAN-SPAM, subject rule).",
        ),
        "subject.looks_like_reply": FaultKind(
            "Reads like a reply",
            _WARN,
            "A subject that opens with a bare “re” or “fwd” passes for a reply.",
        ),
        "subject.misleading": FaultKind(
            "Misleading subject",
            _WARN,
            "It suggests a past, a debt or a rush that a first touch does not have.",
        ),
        "subject.too_long": FaultKind(
            "Long subject", _WARN, "Most mail programs cut it off after about 60 characters."
        ),
        "body.missing": FaultKind("No text", _BLOCK, "There is nothing to send."),
        "body.too_large": FaultKind(
            "Text too large", _BLOCK, "Beyond 20,000 characters nothing has been checked."
        ),
        "body.too_long": FaultKind(
            "Long text", _WARN, "More than 130 words are rarely read to the end."
        ),
        "text.control": FaultKind(
            "Invisible or control characters",
            _BLOCK,
            "Line breaks in a subject can forge headers; invisible characters hide words.",
        ),
        "text.placeholder": FaultKind(
            "Placeholder left in", _BLOCK, "A value was never filled in."
        ),
        "text.empty_value": FaultKind("Empty value", _BLOCK, "A value was filled in with nothing."),
        "text.markup": FaultKind(
            "Markup or image",
            _BLOCK,
            "Mails are plain text; tags and images would arrive as garbage or as tracking.",
        ),
        "name.wrong": FaultKind(
            "Wrong name", _BLOCK, "The greeting names somebody other than the recipient."
        ),
        "cta.missing": FaultKind(
            "No call to action", _WARN, "The reader is not told what to do next."
        ),
        "cta.several": FaultKind(
            "Several calls to action", _WARN, "Two requests get fewer answers than one."
        ),
        "cta.other_word": FaultKind(
            "Another reply word",
            _WARN,
            "Replies are searched for the word that the draft was made with.",
        ),
        "phrase.banned": FaultKind(
            "Banned phrase", _BLOCK, "It is on the list of phrases that this house does not send."
        ),
        "link.first_touch": FaultKind(
            "Link in a first touch", _WARN, "Links in a first mail cost trust and delivery."
        ),
        "style.dash": FaultKind(
            "Long dash", _WARN, "A mark of machine-written text; a comma or a full stop does it."
        ),
        "style.filler": FaultKind(
            "Filler", _WARN, "A phrase that says nothing and that everybody else opens with."
        ),
        "style.hedging": FaultKind("Hedging", _WARN, "Say it or leave it out."),
        "style.adjectives": FaultKind(
            "Stacked adjectives", _WARN, "Praise in a row sounds like an advertisement."
        ),
        "style.all_caps": FaultKind("Capitals", _WARN, "Words in capitals read as shouting."),
        "style.emoji": FaultKind(
            "Emoji", _WARN, "Out of place in a first letter between businesses."
        ),
        "style.formatting": FaultKind(
            "Formatting marks", _WARN, "Markdown arrives as stray signs in plain text."
        ),
        "style.inflated": FaultKind("Inflated word", _NOTE, "A plainer word says it."),
        "style.exclamation": FaultKind(
            "Exclamation marks", _NOTE, "One is enough, none is better."
        ),
        "footer.missing": FaultKind(
            "No footer", _BLOCK, "The law asks for sender, postal address and a way out."
        ),
        "footer.no_address": FaultKind(
            "No postal address", _BLOCK, "Required by CAN-SPAM and CASL."
        ),
        "footer.no_way_out": FaultKind(
            "No way to unsubscribe",
            _BLOCK,
            "Required by CAN-SPAM and CASL, and by the large mailbox providers.",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class CopyFault:
    """One finding: what, how bad, and the stretch ``start`` to ``end`` of the part ``where``."""

    code: str
    severity: Severity
    message: str
    where: Where
    start: int
    end: int

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values; ``from_json`` gives the same finding back."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            "where": self.where.value,
            "start": self.start,
            "end": self.end,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> CopyFault:
        """Raises ``TypeError`` or ``ValueError`` for what ``as_json`` never wrote."""
        severity, where = Severity(stored["severity"]), Where(stored["where"])
        return cls(**{**stored, "severity": severity, "where": where})


@dataclass(frozen=True, slots=True)
class CopyContext:
    """What the copy of a mail is judged against.

    ``first_touch``: nothing was sent to this contact before. ``in_thread``: the mail really
    answers or forwards one. ``reply_word``: the word that the draft was made with, or "" for any.
    ``postal_address``: as it must appear in the footer.
    """

    first_touch: bool = True
    in_thread: bool = False
    first_name: str = ""
    last_name: str = ""
    account_name: str = ""
    label: str = "4C"
    reply_word: str = ""
    postal_address: str = ""
    banned_phrases: tuple[str, ...] = ()


def fault(code: str, where: Where, start: int, end: int, detail: str = "") -> CopyFault:
    """A finding with the label of its code, and what exactly was found."""
    kind = FAULTS[code]
    message = f"{kind.label}: {detail}" if detail else kind.label
    return CopyFault(code, kind.severity, message, where, start, end)
