"""What a list of accounts is narrowed to: read from the address, written into it, said in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict

from revenue.models import Effect, Source
from revenue.pipeline.browsing import EFFECTS, Choice, Choices
from revenue.pipeline.queries import COUNTED, NONE, AccountFilter
from revenue.policies.categories import CATEGORIES, GROUPS

LONGEST = 200
EFFECT_WORDS = {
    Effect.ALLOW.value: "Accepted",
    Effect.HOLD.value: "Held",
    Effect.DENY.value: "Rejected",
    NONE: "Not judged yet",
}
_TEXTS = ("rule", "category", "group", "area", "city", "source")
_CONTACTS = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class Chip:
    """A link that narrows or widens the list."""

    url: str
    label: str
    here: bool = False
    count: str | None = None


@dataclass(frozen=True, slots=True)
class ChipGroup:
    label: str
    chips: list[Chip]


def read_filter(query: QueryDict) -> AccountFilter:
    """What the address asks for; what can't be meant is left out."""
    texts = {name: _text(query, name) for name in _TEXTS}
    effect, brand = query.get("effect", ""), query.get("brand", "")
    return AccountFilter(
        search=_text(query, "q"),
        effect=effect if effect in EFFECTS else "",
        brand=int(brand) if brand.isascii() and brand.isdigit() and len(brand) < 19 else None,
        contacts=_CONTACTS.get(query.get("contacts", "")),
        **texts,
    )


def narrow(wanted: AccountFilter, field: str, value: str) -> AccountFilter:
    """The filter with one of its texts set, or with "" taken away."""
    changes: dict[str, Any] = {field: value}
    return replace(wanted, **changes)


def as_query(wanted: AccountFilter, **more: str) -> str:
    """The address part that asks for this, beginning with ``?``."""
    query = QueryDict(mutable=True)
    for name in ("effect", *_TEXTS):
        if value := getattr(wanted, name):
            query[name] = value
    if wanted.search:
        query["q"] = wanted.search
    if wanted.brand:
        query["brand"] = str(wanted.brand)
    if wanted.contacts is not None:
        query["contacts"] = "yes" if wanted.contacts else "no"
    for name, value in more.items():
        query[name] = value
    return f"?{query.urlencode()}"


def effect_tabs(wanted: AccountFilter, counts: Mapping[str, int]) -> list[Chip]:
    """One tab for all and one for each verdict, with how many it holds."""
    total = sum(counts.values())
    tabs = [Chip(as_query(replace(wanted, effect="")), "All", not wanted.effect, capped(total))]
    for effect, words in EFFECT_WORDS.items():
        if counts[effect] or effect != NONE:
            url = as_query(replace(wanted, effect=effect))
            tabs.append(Chip(url, words, wanted.effect == effect, capped(counts[effect])))
    return tabs


def capped(number: int) -> str:
    """A count that may have stopped early."""
    return f"over {COUNTED:,}" if number > COUNTED else f"{number:,}"


def active_chips(
    wanted: AccountFilter, rules: Mapping[str, str], brand: str, sources: Iterable[Source]
) -> list[Chip]:
    """What the list is narrowed to, each chip widening it again; the verdict has its own tabs."""
    titles = {source.pk: source.name for source in sources}
    said: dict[str, str] = {
        "rule": rule_words(wanted.rule, rules) if wanted.rule else "",
        "category": category_words(wanted.category) if wanted.category else "",
        "group": GROUPS.get(wanted.group, wanted.group),
        "area": wanted.area,
        "city": wanted.city,
        "source": titles.get(wanted.source, wanted.source),
    }
    chips = [
        Chip(as_query(narrow(wanted, name, "")), words, here=True)
        for name, words in said.items()
        if words
    ]
    if wanted.brand:
        chips.append(Chip(as_query(replace(wanted, brand=None)), brand or "One brand", here=True))
    if wanted.contacts is not None:
        words = "With a contact" if wanted.contacts else "Without a contact"
        chips.append(Chip(as_query(replace(wanted, contacts=None)), words, here=True))
    return chips


def choice_groups(
    wanted: AccountFilter, choices: Choices, sources: Sequence[Source]
) -> list[ChipGroup]:
    """What the list can be narrowed to."""
    contacts = [("With a contact", True), ("Without a contact", False)]
    groups = [
        ChipGroup(
            "Contact",
            [
                Chip(
                    as_query(replace(wanted, contacts=None if wanted.contacts is value else value)),
                    label,
                    wanted.contacts is value,
                )
                for label, value in contacts
            ],
        ),
        ChipGroup(
            "Category",
            [
                _chip(wanted, choice, category_words(choice.value), choices)
                for choice in choices.categories
            ],
        ),
        ChipGroup(
            "Area", [_chip(wanted, choice, choice.value, choices) for choice in choices.areas]
        ),
        ChipGroup(
            "City", [_chip(wanted, choice, choice.value, choices) for choice in choices.cities]
        ),
        ChipGroup(
            "Source",
            [
                Chip(as_query(replace(wanted, source="" if here else source.pk)), source.name, here)
                for source in sources
                for here in [wanted.source == source.pk]
            ],
        ),
    ]
    return [group for group in groups if group.chips]


def category_words(slug: str) -> str:
    """The label of a category; one that is not ours as it is."""
    known = CATEGORIES.get(slug)
    return known.label if known else slug


def rule_words(rule: str, rules: Mapping[str, str]) -> str:
    """A rule's title; one of an earlier version by its id."""
    if rule in {"", NONE}:
        return "No rule speaks of it"
    return rules.get(rule) or rule.replace("-", " ").capitalize()


def _text(query: QueryDict, name: str) -> str:
    return query.get(name, "").replace("\x00", "").strip()[:LONGEST]


def _chip(wanted: AccountFilter, choice: Choice, label: str, choices: Choices) -> Chip:
    here = getattr(wanted, choice.field) == choice.value
    narrowed = narrow(wanted, choice.field, "" if here else choice.value)
    count = f"{choice.count:,}" if choices.complete else None
    return Chip(as_query(narrowed), label, here, count)
