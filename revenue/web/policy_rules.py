"""What one rule did: the verdicts in which it fired, or the mails that it made wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from revenue.models import PolicyKind, User
from revenue.policies import verdicts
from revenue.policies.conditions import Rule
from revenue.policies.counting import RuleCount, rule_counts
from revenue.policies.due import Waited, spoken_by
from revenue.policies.evidence import names_of
from revenue.policies.explaining import rule_sentence
from revenue.policies.fired import fired_in
from revenue.policies.verdicts import NoActivePolicy
from revenue.policies.vocabulary import Stage
from revenue.web.access import reader
from revenue.web.ledger_words import subject_of
from revenue.web.policy_evidence import cursor_of, shown_rows

SPANS = {1: "Today", 7: "7 days", 90: "90 days"}
USUAL = 7


@dataclass(frozen=True, slots=True)
class WaitShown:
    """A mail that was due; ``because`` names the rule that made it wait, if it is another."""

    id: int
    name: str
    words: str
    url: str
    asked_at: datetime
    asked_again_at: datetime | None
    because: str


@require_safe
def rule(request: HttpRequest, kind: str, rule: str) -> HttpResponse:
    """How often it fired, and the verdicts or due mails of the last days in which it did."""
    if kind not in PolicyKind.values:
        raise Http404
    now, days, before = timezone.now(), _days(request), cursor_of(request)
    rules = _active_rules(PolicyKind(kind))
    titles = {known.id: known.name for known in rules.values()}
    known = rules.get(rule)
    context: dict[str, Any] = {
        "kind": PolicyKind(kind),
        "rule": known,
        "name": titles.get(rule, rule),
        "slug": rule,
        "sentence": rule_sentence(known) if known else "",
        "count": rule_counts(PolicyKind(kind), now=now).get(rule, RuleCount(rule, counted=False)),
        "days": days,
        "spans": [
            {"url": f"?days={span}", "label": label, "here": span == days}
            for span, label in SPANS.items()
        ],
        "is_first": before is None,
        "of_the_hour": known is not None and known.stage is Stage.TIMING,
    }
    if context["of_the_hour"]:
        due, older = spoken_by(PolicyKind(kind), rule, days=days, now=now, before=before)
        context |= {"rows": _shown_waits(due, rule, titles, reader(request)), "older": older}
    else:
        fired, older = fired_in(PolicyKind(kind), rule, days=days, now=now, before=before)
        context |= {"rows": shown_rows(fired, [{}, titles], reader(request)), "older": older}
    return render(request, "revenue/policy_rule.html", context)


def _shown_waits(
    due: list[Waited], rule: str, titles: dict[str, str], user: User
) -> list[WaitShown]:
    names = names_of(row.subject for row in due)
    shown = []
    for row in due:
        about = subject_of(row.subject, reader=user)
        because = "" if row.rule == rule else titles.get(row.rule, row.rule)
        shown.append(
            WaitShown(
                id=row.id,
                name=names.get(row.subject, ""),
                words=about.words,
                url=about.url,
                asked_at=row.asked_at,
                asked_again_at=row.asked_again_at,
                because=because,
            )
        )
    return shown


def _days(request: HttpRequest) -> int:
    text = request.GET.get("days", "")
    return int(text) if text in {str(span) for span in SPANS} else USUAL


def _active_rules(kind: PolicyKind) -> dict[str, Rule]:
    """The rules of the active version by id; none where no version is active."""
    try:
        return {rule.id: rule for rule in verdicts.active(kind).text.rules}
    except NoActivePolicy:
        return {}
