"""Patterns of verdicts: what decided, categories, places; each counted, drawn and linked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from revenue.models import Effect
from revenue.pipeline.browsing import Choice
from revenue.pipeline.queries import NONE, AccountFilter
from revenue.pipeline.reviewing import Group, Groups
from revenue.web.account_filters import (
    EFFECT_WORDS,
    as_query,
    category_words,
    narrow,
    rule_words,
)
from revenue.web.states import state_of

WAYS = {"rule": "Rules", "category": "Categories", "place": "Places"}
EFFECTS = (Effect.ALLOW, Effect.HOLD, Effect.DENY)


@dataclass(frozen=True, slots=True)
class Pattern:
    """Accounts that share a verdict's reason, a category or a place.

    ``parts`` are the number and state of each verdict among them, for a bar.
    """

    wanted: AccountFilter
    label: str
    parts: tuple[tuple[int, str], ...]
    url: str = ""
    here: bool = False
    bar: str = ""

    @property
    def number(self) -> int:
        return sum(number for number, _ in self.parts)

    @property
    def figure(self) -> str:
        return f"{self.number:,}"


@dataclass(frozen=True, slots=True)
class Section:
    """Patterns under one heading; ``effect`` is empty where they hold several verdicts."""

    label: str
    effect: str
    patterns: list[Pattern]

    @property
    def figure(self) -> str:
        return f"{sum(pattern.number for pattern in self.patterns):,}"


def sections_of(way: str, found: Groups, titles: Mapping[str, str]) -> list[Section]:
    """The patterns of one of ``WAYS``; ``titles`` are those of rules, by id."""
    if way == "rule":
        sections = [
            Section(
                EFFECT_WORDS[effect],
                effect,
                [_rule_pattern(group, titles) for group in found.rule if group.effect == effect],
            )
            for effect in EFFECTS
        ]
    elif way == "category":
        sections = [Section("Categories", "", _mixed("category", found.category))]
    else:
        sections = [
            Section("Areas", "", _mixed("area", found.area)),
            Section("Cities", "", _mixed("city", found.city)),
        ]
    return [section for section in sections if section.patterns]


def totals_of(found: Groups) -> list[tuple[str, str, str, str]]:
    """Words, state, number and address of each verdict."""
    numbers = {
        effect: sum(group.number for group in found.rule if group.effect == effect)
        for effect in EFFECTS
    }
    return [
        (EFFECT_WORDS[effect], effect, f"{number:,}", as_query(AccountFilter(effect=effect)))
        for effect, number in numbers.items()
    ]


def _rule_pattern(group: Group, titles: Mapping[str, str]) -> Pattern:
    wanted = AccountFilter(effect=group.effect, rule=group.value or NONE)
    return Pattern(wanted, rule_words(group.value, titles), ((group.number, group.effect),))


def _mixed(field: str, found: Iterable[Group]) -> list[Pattern]:
    """Patterns with several verdicts in each, the largest first."""
    by_value: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for group in found:
        by_value[group.value][group.effect] = group.number
    patterns = [
        Pattern(
            narrow(AccountFilter(), field, value),
            category_words(value) if field == "category" else value,
            tuple((parts.get(effect, 0), effect) for effect in EFFECTS),
        )
        for value, parts in by_value.items()
    ]
    return sorted(patterns, key=lambda pattern: (-pattern.number, pattern.label))


def first_of(sections: Sequence[Section]) -> AccountFilter | None:
    """What is looked at where nothing is chosen."""
    return sections[0].patterns[0].wanted if sections else None


def placed(section: Section, chosen: AccountFilter | None, way: str) -> Section:
    """The section with addresses, and the mark of the chosen pattern."""
    patterns = [
        replace(
            pattern,
            url=as_query(pattern.wanted, by=way),
            here=chosen is not None and _within(chosen, pattern.wanted),
        )
        for pattern in section.patterns
    ]
    return replace(section, patterns=_drawn(patterns))


def _within(chosen: AccountFilter, pattern: AccountFilter) -> bool:
    """Whether the chosen accounts are of this pattern, perhaps narrowed further."""
    names = ("effect", "rule", "category", "area", "city")
    return all(
        getattr(chosen, name) == getattr(pattern, name) for name in names if getattr(pattern, name)
    )


def rule_bars(
    among: Sequence[Group], chosen: AccountFilter, way: str, titles: Mapping[str, str]
) -> list[Pattern]:
    """What decided the chosen accounts."""
    bars = [
        Pattern(
            wanted := replace(chosen, effect=group.effect, rule=group.value or NONE),
            rule_words(group.value, titles),
            ((group.number, group.effect),),
            as_query(wanted, by=way),
        )
        for group in among
    ]
    return _drawn(bars)


def bars_of(found: Sequence[Choice], chosen: AccountFilter, way: str) -> list[Pattern]:
    """What the chosen accounts can be narrowed to."""
    bars = [
        Pattern(
            wanted := narrow(chosen, choice.field, choice.value),
            category_words(choice.value) if choice.field == "category" else choice.value,
            ((choice.count, chosen.effect or "plain"),),
            as_query(wanted, by=way),
        )
        for choice in found
    ]
    return _drawn(bars)


def _drawn(patterns: Sequence[Pattern]) -> list[Pattern]:
    """Each with its bar; the largest of them fills the width."""
    largest = max((pattern.number for pattern in patterns), default=0)
    return [replace(pattern, bar=_bar(pattern.parts, largest)) for pattern in patterns]


def _bar(parts: Sequence[tuple[int, str]], largest: int) -> SafeString:
    rects, at = [], 0.0
    for number, state in parts:
        width = 100 * number / largest if largest else 0.0
        if number:
            rects.append((state_of(state)[0], f"{at:.2f}", f"{max(width, 0.6):.2f}"))
        at += width
    return format_html(
        '<svg class="share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">{}'
        "</svg>",
        format_html_join("", '<rect class="share-{}" x="{}" y="0" width="{}" height="4"/>', rects),
    )
