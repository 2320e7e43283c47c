"""Template words and marks: ``{% load ui %}``. What each shows: ``static/css/README.md``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.template.context import Context
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide

from revenue.policies.explaining import Answer, RuleView
from revenue.policies.vocabulary import Mode
from revenue.web import bundles, drawing, words
from revenue.web.claims import ShownClaim, parts_of
from revenue.web.navigation import ENTRIES, Place, places
from revenue.web.remembering import CHOICES, remembered
from revenue.web.states import state_of

register = template.Library()
APPLYING = frozenset({Answer.YES, Answer.UNKNOWN})


@register.simple_tag
def stylesheets() -> list[str]:
    """The addresses of the page's stylesheets, for ``{% static %}``."""
    return bundles.addresses(bundles.STYLES)


@register.simple_tag
def scripts() -> list[str]:
    """The addresses of the page's own scripts, which are modules."""
    return bundles.addresses(bundles.SCRIPTS)


@register.simple_tag
def icon(name: str, label: str = "", *, css: str = "") -> SafeString:
    """A Lucide icon at the size of small text; silent to screen readers unless it has a label."""
    return _svg(str(name), str(label), str(css))


@lru_cache(maxsize=512)
def _svg(name: str, label: str, css: str) -> SafeString:
    attributes = {"class": f"icon {css}".strip()}
    told = {"role": "img", "aria_label": label} if label else {"aria_hidden": "true"}
    return mark_safe(lucide(name, size=None, **attributes, **told))  # noqa: S308 - the library escapes


@register.simple_tag
def state(tone: str, word: str, icon_name: str = "", *, solid: bool = False) -> SafeString:
    """One of the states go, wait, stop, unsure, plain, as icon and word."""
    tone, picture = state_of(tone)
    return format_html(
        '<span class="state{}" data-state="{}">{}{}</span>',
        " state-solid" if solid else "",
        tone,
        icon(icon_name or picture),
        word,
    )


@register.simple_tag
def state_icon(tone: str) -> SafeString:
    return icon(state_of(tone)[1])


@register.simple_tag(name="tone")
def tone_of(slug: str) -> str:
    """The state that colours a word of the domain: ``{% tone send.state %}`` gives ``wait``."""
    return state_of(slug)[0]


@register.filter
def when(value: datetime | date | None) -> SafeString | str:
    """A time as people say it, the exact one on hover, in the reader's zone."""
    if value is None:
        return ""
    now = timezone.now()
    if not isinstance(value, datetime):
        today = timezone.localdate(now)
        return format_html(
            '<time datetime="{}" title="{}">{}</time>',
            value.isoformat(),
            f"{value:%A} {value.day} {value:%B %Y}",
            words.say_date(value, today=today),
        )
    zone = timezone.get_current_timezone()
    return _time(value, words.say_when(value, now=now, zone=zone))


@register.filter
def age(value: datetime | None) -> SafeString | str:
    """How long ago, or how long until, in one unit: ``3 h``."""
    return "" if value is None else _time(value, words.say_duration(timezone.now() - value))


@register.filter
def duration(value: timedelta | None) -> str:
    return "" if value is None else words.say_duration(value)


@register.simple_tag
def countdown(until: datetime) -> SafeString:
    """Seconds that are left, counted down by the browser."""
    left = max(0, round((until - timezone.now()).total_seconds()))
    return format_html(
        '<time class="countdown" datetime="{}" title="{}" data-seconds="{}">{} s</time>',
        until.isoformat(),
        words.say_exact(until, zone=timezone.get_current_timezone()),
        left,
        left,
    )


def _time(moment: datetime, said: str) -> SafeString:
    zone = timezone.get_current_timezone()
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        words.say_exact(moment, zone=zone),
        said,
    )


@register.simple_tag
def stale(seen: datetime | None) -> SafeString:
    """An amber clock with the age: put it beside data that is older than its limit."""
    if seen is None:
        return format_html('<span class="stale">{}never checked</span>', icon("clock-alert"))
    return format_html('<span class="stale">{}{} old</span>', icon("clock-alert"), age(seen))


@register.filter
def money(minor: int | None, currency: str) -> str:
    return "" if minor is None else words.say_money(minor, currency)


@register.filter(name="bytes")
def size_in_bytes(count: int) -> str:
    return words.say_bytes(count)


@register.simple_tag
def rate(hits: int, total: int, *, bar: bool = False) -> SafeString:
    """A percentage with n and its interval; with ``bar=True`` the interval drawn as well."""
    share = words.rate_of(hits, total)
    drawn = (
        drawing.interval_bar(share.low, share.share, share.high)
        if bar and share and not share.too_few
        else ""
    )
    return format_html('<span class="rate">{}{}</span>', drawn, words.say_rate(share))


@register.simple_tag(takes_context=True)
def actor(context: Context, who: object, *, mark: bool = True, large: bool = False) -> SafeString:
    """Mark and name of ``person:3``, ``seat:sender`` or ``system:delivery``.

    Names come from the context's ``actor_names``: the same strings to a name, or to
    ``(name, "agent" | "person")`` where a person holds a seat.
    """
    name, kind = _named(str(who or ""), context.get("actor_names") or {})
    return format_html(
        '<span class="actor">{}<bdi class="actor-name">{}</bdi>'
        '<span class="visually-hidden">, {}</span></span>',
        drawing.actor_mark(name, kind=kind, large=large) if mark else "",
        name,
        kind,
    )


def _named(who: str, names: Mapping[str, Any]) -> tuple[str, str]:
    sort, _, key = who.partition(":")
    kind = {"person": "person", "seat": "agent"}.get(sort, "system")
    known = names.get(who)
    if known is None:
        return (key.replace("_", " ").capitalize() or "Unknown"), kind
    return (known, kind) if isinstance(known, str) else (known[0], known[1])


@register.simple_tag(takes_context=True, name="actor_mark")
def actor_mark_alone(context: Context, who: object) -> SafeString:
    """The mark without the name; say the name beside it."""
    name, kind = _named(str(who or ""), context.get("actor_names") or {})
    return drawing.actor_mark(name, kind=kind)


@register.simple_tag
def person_mark(name: str, *, large: bool = False) -> SafeString:
    """A person's disc with initials alone; say the name beside it or in a label."""
    return drawing.actor_mark(name, kind="person", large=large)


@register.simple_tag
def claimed(body: str, claims: Sequence[ShownClaim]) -> SafeString:
    """The body of a mail, its claims numbered, with their evidence on hover and focus."""
    return format_html_join(
        "",
        "{}",
        (
            (_claim(part.text, part.claim) if part.claim else part.text,)
            for part in parts_of(body, claims)
        ),
    )


def _claim(text: str, claim: ShownClaim) -> SafeString:
    return format_html(
        '<a class="claim" href="#evidence-{0}" data-state="{1}" aria-describedby="claim-note-{0}">'
        '{2}<sup>{0}</sup></a><span class="claim-note" role="tooltip" id="claim-note-{0}">'
        '<span>{3}</span><span class="faint small">{4} {5}</span></span>',
        claim.number,
        claim.state,
        text,
        claim.evidence,
        claim.source,
        when(claim.seen_at),
    )


@register.filter
def applying(rules: Sequence[RuleView]) -> list[RuleView]:
    """The rules that decided, applied, or could not be told; ``resting`` gives the others."""
    return [rule for rule in rules if rule.is_deciding or rule.answer in APPLYING]


@register.filter
def resting(rules: Sequence[RuleView]) -> list[RuleView]:
    return [rule for rule in rules if not (rule.is_deciding or rule.answer in APPLYING)]


@register.filter
def rule_state(rule: RuleView) -> str:
    """The look of a rule: its effect where it applies, else that it did not, or is not known."""
    if rule.answer is Answer.YES:
        return "hold" if rule.mode is Mode.WARN else str(rule.effect)
    return str(rule.answer)


@register.simple_tag
def level(value: int, ceiling: int = 4, label: str = "") -> SafeString:
    """An authority level as five small steps with its number."""
    return format_html(
        '<span class="level" title="{}">{}<span class="num">{}</span>'
        '<span class="visually-hidden"> of 4, at most {}{}</span></span>',
        label or f"Level {value}, at most {ceiling}",
        drawing.level_steps(value, ceiling),
        value,
        ceiling,
        f": {label}" if label else "",
    )


@register.simple_tag
def sparkline(values: Sequence[float], label: str, goal: float | None = None) -> SafeString:
    """A line of numbers over time; ``label`` says in words what it shows."""
    if len(values) < 2:
        return format_html('<span class="faint small">{}</span>', "too few weeks")
    return format_html(
        '{}<span class="visually-hidden">{}</span>', drawing.sparkline(values, goal=goal), label
    )


@register.simple_tag(takes_context=True)
def rail_places(context: Context) -> list[Place]:
    """The rail for this reader, with the counts that the context holds."""
    counts = {entry.count: context.get(entry.count, "") for entry in ENTRIES if entry.count}
    return places(context["request"], counts=counts, demo=settings.DEMO)


@register.simple_tag(takes_context=True)
def preference(context: Context, name: str) -> str:
    """A choice that this browser remembers: ``theme`` or ``rail``."""
    request = context.get("request")
    return remembered(request, name) if request else CHOICES[name][0]
