"""The founder's look at what the customer profile does: patterns first, samples of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from revenue.models import Account, Effect, PolicyKind, VerdictObjection
from revenue.pipeline.browsing import ShownAccount, choices, shown_accounts
from revenue.pipeline.queries import AccountFilter
from revenue.pipeline.reviewing import (
    groups,
    objections_to,
    rules_among,
    samples,
    standing_objections,
)
from revenue.policies import verdicts
from revenue.policies.conditions import Rule
from revenue.web.access import reader
from revenue.web.account_filters import (
    EFFECT_WORDS,
    as_query,
    category_words,
    read_filter,
    rule_words,
)
from revenue.web.icp_patterns import (
    WAYS,
    Pattern,
    Section,
    bars_of,
    first_of,
    placed,
    rule_bars,
    sections_of,
    totals_of,
)
from revenue.web.objecting import REASONS

SAMPLES = 6
OBJECTIONS_SHOWN = 100
LARGEST_DRAW = 1_000_000


@dataclass(frozen=True, slots=True)
class Sample:
    """One account of a pattern with what would change its verdict and what speaks against it.

    ``back`` is this page with the account marked; ``returned`` says that the reader comes from
    there, so that the keys go on where they were.
    """

    row: ShownAccount
    change: str
    objection: VerdictObjection | None
    reasons: tuple[str, ...]
    back: str
    returned: bool


@require_safe
def review(request: HttpRequest) -> HttpResponse:
    """Patterns with their counts; beside them the chosen one with its breakdown and samples."""
    way = request.GET.get("by", "rule")
    way = way if way in WAYS else "rule"
    rules = _rules()
    found = groups()
    sections = sections_of(way, found, {rule.id: rule.name for rule in rules.values()})
    asked = read_filter(request.GET)
    chosen = asked if asked != AccountFilter() else first_of(sections)
    sections = [placed(section, chosen, way) for section in sections]
    context = {
        "ways": [(f"?by={slug}", label, slug == way) for slug, label in WAYS.items()],
        "sections": sections,
        "totals": totals_of(found),
        "open": asked != AccountFilter(),
        "objected": standing_objections().count(),
        "may_object": reader(request).may_post("revenue:icp_object"),
    }
    if chosen is not None:
        draw = _draw(request)
        context |= _detail(chosen, way, sections, rules, draw=draw)
        context["samples"] = _samples(request, samples(chosen, draw=draw, limit=SAMPLES))
    return render(request, "revenue/icp_review.html", context)


@require_safe
def objected(request: HttpRequest) -> HttpResponse:
    """What stands marked as wrong: the evidence for the next version of the profile."""
    found = list(standing_objections()[:OBJECTIONS_SHOWN])
    numbers = {objection: _account_number(objection.verdict.subject) for objection in found}
    accounts = Account.objects.select_related("brand").in_bulk(
        [number for number in numbers.values() if number]
    )
    titles = {rule.id: rule.name for rule in _rules().values()}
    context = {
        "objections": [
            {
                "row": objection,
                "account": accounts.get(numbers[objection]),
                "effect": EFFECT_WORDS[objection.verdict.effect],
                "rule": rule_words(objection.verdict.rule, titles),
                "category": category_words(accounts[numbers[objection]].category)
                if numbers[objection] in accounts
                else "",
            }
            for objection in found
        ],
        "limit": OBJECTIONS_SHOWN,
        "back": request.get_full_path(),
    }
    return render(request, "revenue/icp_objections.html", context)


def _rules() -> dict[str, Rule]:
    """The rules of the active profile by id; none where no version is active."""
    try:
        return {rule.id: rule for rule in verdicts.active(PolicyKind.ICP).text.rules}
    except verdicts.NoActivePolicy:
        return {}


def _detail(
    chosen: AccountFilter,
    way: str,
    sections: Sequence[Section],
    rules: Mapping[str, Rule],
    *,
    draw: int,
) -> dict[str, Any]:
    titles = {rule.id: rule.name for rule in rules.values()}
    among = rules_among(chosen)
    narrower = choices(chosen)
    line = [pattern for section in sections for pattern in section.patterns]
    at = next((number for number, pattern in enumerate(line) if pattern.here), None)
    rule = rules.get(chosen.rule)
    number = sum(group.number for group in among)
    return {
        "chosen": chosen,
        "title": line[at].label if at is not None else "Chosen accounts",
        "effect": chosen.effect,
        "effect_words": EFFECT_WORDS.get(chosen.effect, ""),
        "reason": rule.reason if rule else "",
        "number": number,
        "figure": f"{number:,}",
        "share": _share(number, line) if way == "rule" else "",
        "narrowed": _narrowed(chosen, line[at].wanted if at is not None else chosen, way),
        "all_url": as_query(chosen),
        "breakdowns": [
            ("By rule", [] if chosen.rule else rule_bars(among, chosen, way, titles)),
            ("By category", [] if chosen.category else bars_of(narrower.categories, chosen, way)),
            ("By area", [] if chosen.area else bars_of(narrower.areas, chosen, way)),
            ("By city", [] if chosen.city else bars_of(narrower.cities, chosen, way)),
        ],
        "complete": narrower.complete,
        "another_url": as_query(chosen, by=way, draw=str(draw % LARGEST_DRAW + 1)),
        "next_url": line[at + 1].url if at is not None and at + 1 < len(line) else "",
        "previous_url": line[at - 1].url if at else "",
    }


def _share(number: int, patterns: Sequence[Pattern]) -> str:
    """The share of all accounts that have a verdict, in words."""
    judged = sum(pattern.number for pattern in patterns)
    percent = 100 * number / judged if judged else 0.0
    said = f"{percent:.0f} %" if percent >= 1 else "less than 1 %"
    return f"{said} of the {judged:,} that were judged"


def _narrowed(chosen: AccountFilter, pattern: AccountFilter, way: str) -> tuple[str, str] | None:
    """What the pattern was narrowed to, and the address of the whole of it."""
    if chosen == pattern:
        return None
    words = [
        category_words(chosen.category) if chosen.category != pattern.category else "",
        chosen.area if chosen.area != pattern.area else "",
        chosen.city if chosen.city != pattern.city else "",
        EFFECT_WORDS.get(chosen.effect, "") if chosen.effect != pattern.effect else "",
    ]
    return ", ".join(filter(None, words)) or "narrower", as_query(pattern, by=way)


def _samples(request: HttpRequest, accounts: Sequence[Account]) -> list[Sample]:
    against = objections_to(accounts)
    return [
        Sample(
            row=row,
            change=_change(row.account),
            objection=against.get(row.account.pk),
            reasons=REASONS.get(row.account.icp_effect, ()),
            back=_marked(request, row.account),
            returned=request.GET.get("at") == str(row.account.pk),
        )
        for row in shown_accounts(accounts, now=timezone.now())
    ]


def _marked(request: HttpRequest, account: Account) -> str:
    """The address of this page with one of its accounts marked."""
    query = request.GET.copy()
    query["at"] = str(account.pk)
    return f"{request.path}?{query.urlencode()}#account-{account.pk}"


def _change(account: Account) -> str:
    """What would have a held one accepted; of the others the rule has said enough."""
    if account.icp_verdict is None or account.icp_effect != Effect.HOLD:
        return ""
    return verdicts.explained(account.icp_verdict).change


def _draw(request: HttpRequest) -> int:
    text = request.GET.get("draw", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


def _account_number(subject: str) -> int:
    kind, _, number = subject.partition(":")
    plain = number.isascii() and number.isdigit() and len(number) < 19
    return int(number) if kind == "account" and plain else 0
