"""What the recipient does, what it has, and who the reader is there."""

from __future__ import annotations

from collections.abc import Iterator

from revenue.agents.drafting.brief import Brief, Evidenced
from revenue.agents.drafting.categories import (
    BEGINNING,
    categories,
    term_patterns,
    trades_by_beginning,
    words_for,
)
from revenue.agents.drafting.detect.gated import gated
from revenue.agents.drafting.detect.mention import NOTHING, Mention, Reading, judged
from revenue.agents.drafting.text import Stretches

_KINDS = sorted({kind for words in categories().values() for kind in words.kinds if kind != "any"})
_YOUR_KIND = gated(
    r"\b(?:your|run(?:ning)? a|own(?:ing)? a|as a) (?:own |local |small )?"
    rf"({'|'.join(_KINDS)})s?\b",
    "|".join(_KINDS),
)
_GENERAL = categories()["any"].kinds
_SITE = gated(r"\byour (?:web ?site|site|web ?page|homepage|home page)\b", "site|page")
_FEATURE = gated(
    r"\byour (?:online )?(?:booking (?:page|system|form|link|widget)|contact form|web form|chat|"
    r"chatbot|newsletter|app|facebook page|instagram|google (?:listing|profile|ads)|ads|voicemail|"
    r"answering service|receptionist|front desk|reception)\b",
    "your ",
)
_ENDINGS = "com|ca|de|org|net|io|co|health|fit|yoga|clinic|care|spa|biz|info"
_DOMAIN = gated(
    rf"(?<![\w.-])((?:[a-z0-9-]{{1,40}}\.){{1,3}}(?:{_ENDINGS}))\b",
    "." + _ENDINGS.replace("|", "|."),
)
_ROLE = gated(
    r"\b(?:as|being) (?:the|an?) ((?:[a-z]{1,12} )?(?:owner|founder|co-founder|manager|director|"
    r"principal|operator|president|ceo|partner))\b|\byou (own|founded|started|manage|direct)\b",
    "as the|as a|being |you own|you founded|you started|you manage|you direct",
)
_ROLE_OF_VERB = {"own": "owner", "founded": "founder", "started": "founder", "manage": "manager"}


def traded(reading: Reading, places: Stretches) -> Iterator[Mention]:
    """Trades, kinds of business, website and its parts, and the reader's role.

    Words inside names of places ("Barre") name no trade.
    """
    yield from _trades(reading, places)
    yield from _online(reading)
    yield from _roles(reading)


def _trades(reading: Reading, places: Stretches) -> Iterator[Mention]:
    brief, view = reading.brief, reading.view
    for position, word in view.words:
        for key in trades_by_beginning().get(word[:BEGINNING], ()):
            found = term_patterns()[key].match(view.flat, position)
            if found and not places.cover(position):
                proof = _proof(key, brief)
                known, holds = proof or brief.category, proof is not None
                yield judged(found, "account.category", known, holds=holds, stated=found[0])
    for found in _YOUR_KIND.found_in(view):
        if found[1].lower() not in _GENERAL:
            own = words_for(brief).kinds | _kinds_of(brief)
            holds = found[1].lower() in own
            yield judged(found, "account.category", brief.category, holds=holds, stated=found[1])


def _kinds_of(brief: Brief) -> frozenset[str]:
    words = categories().get(brief.category.value) if brief.category else None
    return words.kinds if words else frozenset()


def _proof(key: str, brief: Brief) -> Evidenced[str] | None:
    """The fact that shows that the recipient is in this line of business."""
    if brief.category and key == brief.category.value:
        return brief.category
    for fact in (brief.trade, brief.account_name):
        if fact and term_patterns()[key].search(fact.value):
            return fact
    words = categories().get(brief.category.value) if brief.category else None
    own = (words.plural, words.busy, words.ask, words.trigger, *words.terms) if words else ()
    return brief.category if term_patterns()[key].search(" ".join(own)) else None


def _online(reading: Reading) -> Iterator[Mention]:
    view, website = reading.view, reading.brief.website
    for found in _SITE.found_in(view):
        yield judged(found, "account.website", website, holds=True, stated=found[0])
    for found in _FEATURE.found_in(view):
        if not reading.supposes(found.start()):
            yield Mention(*found.span(), "account.feature", None, supported=False, reason=NOTHING)
    for found in _DOMAIN.found_in(view):
        named = found[1].lower().removeprefix("www.")
        holds = website is not None and named in website.value.lower()
        yield judged(found, "account.website", website, holds=holds, stated=found[1])


def _roles(reading: Reading) -> Iterator[Mention]:
    role = reading.brief.role
    for found in _ROLE.found_in(reading.view):
        stated = (found[1] or _ROLE_OF_VERB.get(found[2].lower(), found[2])).lower()
        holds = role is not None and stated.split()[-1] in role.value.lower()
        if found[1] or not reading.supposes(found.start()):
            yield judged(found, "contact.role", role, holds=holds, stated=stated)
