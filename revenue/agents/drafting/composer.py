"""Writes a mail from a brief and the house templates, without a model."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta

from revenue.agents.drafting.brief import Brief, Evidenced, Kind
from revenue.agents.drafting.categories import words_for
from revenue.agents.drafting.claims import Claim, find_claims
from revenue.agents.drafting.house import Line, Slot, Variant, history_kinds, templates
from revenue.agents.drafting.names import spoken_name, spoken_place
from revenue.agents.drafting.words import MONTHS, spell, spoken_span

#: A team outside these sizes makes "a team of …" say nothing useful.
TEAM_SIZES = range(2, 21)
#: Below this a mail does not speak of the rating.
GOOD_RATING = 4.3
#: A longer name is not used at all; one longer than ``_SHORT`` is not used twice.
_LONGEST = 44
_SHORT = 26


class NoHistory(Exception):
    """A reactivation without a relationship fact or a last contact has nothing to refer to."""


@dataclass(frozen=True, slots=True)
class DraftText:
    """A mail before anybody has judged it; text is plain, paragraphs parted by blank lines.

    ``template`` names kind and variant ("cold/evening"), ``template_version`` the state of all
    house texts. ``reply_word`` is the word that the mail asks for.
    """

    subject: str
    body: str
    claims: tuple[Claim, ...]
    template: str
    template_version: str
    reply_word: str


def compose(brief: Brief) -> DraftText:
    """The mail for this brief; the same brief always gives the same mail.

    Only evidenced values are written: a line whose fact is missing gives way to another. Raises
    ``NoHistory`` for a reactivation of somebody with whom there is no history to speak of.
    """
    house = templates(brief.kind)
    values = _values(brief, house.reply_word)
    if brief.kind is Kind.REACTIVATION:
        values |= _history(brief, values)
    variant = _choose_variant(house.variants, values, brief)
    paragraphs = []
    for names in variant.paragraphs:
        lines = [_line(variant.slots.get(name, ()), name, values, brief) for name in names]
        paragraphs.append(_sentence_case(" ".join(lines)))
    body = "\n\n".join(paragraphs)
    return DraftText(
        subject=_line(variant.subject, "subject", values, brief),
        body=body,
        claims=find_claims(body, brief),
        template=f"{brief.kind}/{variant.name}",
        template_version=house.version,
        reply_word=house.reply_word,
    )


def _values(brief: Brief, reply_word: str) -> dict[str, str]:
    """What lines may use, by name; a value whose fact is missing or of no use is not there."""
    words = words_for(brief)
    values = {
        "sender_name": brief.sender.name,
        "sender_company": brief.sender.company,
        "label": brief.sender.label,
        "reply_word": reply_word,
        "people": words.people,
        "People": words.people.capitalize(),
        "crew_is": "you are" if brief.employees and brief.employees.value == 1 else "everyone is",
        "busy": words.busy,
        "ask": words.ask,
        "trigger": words.trigger,
        "plural": words.plural,
        "first_name": _text(brief.first_name),
        "account": spoken_name(_text(brief.account_name)),
        "short_account": spoken_name(_text(brief.account_name, _SHORT)),
        "place": spoken_place(_text(brief.place) or _text(brief.city)),
    }
    values |= {
        "team": _counted(brief.employees, TEAM_SIZES),
        "locations": _counted(brief.locations, range(2, 1000)),
        "rating": _rating(brief.rating),
        "site": brief.website.value if brief.website else "",
    }
    return {name: value for name, value in values.items() if value}


def _text(evidence: Evidenced[str] | None, longest: int = _LONGEST) -> str:
    value = " ".join(evidence.value.split()) if evidence else ""
    return value if len(value) <= longest else ""


def _counted(evidence: Evidenced[int] | None, sizes: range) -> str:
    return spell(evidence.value) if evidence and evidence.value in sizes else ""


def _rating(evidence: Evidenced[float] | None) -> str:
    good = evidence is not None and GOOD_RATING <= evidence.value <= 5
    return f"{evidence.value:.1f}" if evidence and good else ""


def _history(brief: Brief, values: dict[str, str]) -> dict[str, str]:
    """The line that tells of the history, and its dates."""
    found: dict[str, str] = {}
    if brief.days_since_contact:
        found["since"] = spoken_span(brief.days_since_contact.value)
    held = {fact.value: fact for fact in brief.relationship}
    for kind, entry in history_kinds().items():
        if kind in held and entry.lines:
            found |= {"month": _month(held[kind].as_of), kind: kind}
            break
    else:
        kind, entry = "last_contact", history_kinds()["last_contact"]
        if brief.days_since_contact:
            counted = brief.days_since_contact
            found["month"] = _month(counted.as_of - timedelta(days=counted.value))
    if not found.get("month"):
        raise NoHistory
    return found | {"history": _line(entry.lines, kind, values | found, brief)}


def _month(day: date) -> str:
    return f"{MONTHS[day.month - 1]} {day.year}"


def _choose_variant(variants: tuple[Variant, ...], values: dict[str, str], brief: Brief) -> Variant:
    fitting = [variant for variant in variants if variant.needs <= values.keys()]
    preferred = [variant for variant in fitting if variant.first] or fitting
    return preferred[_draw(brief, "variant", len(preferred))]


def _line(slot: Slot, name: str, values: dict[str, str], brief: Brief) -> str:
    if name == "history":
        return values["history"]
    for tier in slot:
        fitting: list[Line] = [line for line in tier if line.needs <= values.keys()]
        if fitting:
            return fitting[_draw(brief, name, len(fitting))].text.format_map(values)
    raise AssertionError(name)


def _draw(brief: Brief, what: str, among: int) -> int:
    """A number below ``among`` that depends on nothing but seed, kind and purpose."""
    digest = hashlib.blake2b(f"{brief.seed}|{brief.kind}|{what}".encode(), digest_size=8)
    return int.from_bytes(digest.digest()) % among


def _sentence_case(paragraph: str) -> str:
    """Begins with a capital where a line begins with a word such as "the"."""
    return paragraph[:1].upper() + paragraph[1:]
