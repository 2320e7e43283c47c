"""What one rule did: the verdicts in which it fired."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from revenue.models import PolicyKind
from revenue.policies import verdicts
from revenue.policies.conditions import Rule
from revenue.policies.counting import RuleCount, rule_counts
from revenue.policies.explaining import rule_sentence
from revenue.policies.fired import fired_in
from revenue.policies.verdicts import NoActivePolicy
from revenue.web.access import reader
from revenue.web.policy_evidence import cursor_of, shown_rows

SPANS = {1: "Today", 7: "7 days", 90: "90 days"}
USUAL = 7


@require_safe
def rule(request: HttpRequest, kind: str, rule: str) -> HttpResponse:
    """How often it fired, and the verdicts of the last days in which it did."""
    if kind not in PolicyKind.values:
        raise Http404
    now = timezone.now()
    days = _days(request)
    rows, older = fired_in(PolicyKind(kind), rule, days=days, now=now, before=cursor_of(request))
    rules = _active_rules(PolicyKind(kind))
    titles = {known.id: known.name for known in rules.values()}
    known = rules.get(rule)
    context = {
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
        "rows": shown_rows(rows, [{}, titles], reader(request)),
        "older": older,
        "is_first": cursor_of(request) is None,
    }
    return render(request, "revenue/policy_rule.html", context)


def _days(request: HttpRequest) -> int:
    text = request.GET.get("days", "")
    return int(text) if text in {str(span) for span in SPANS} else USUAL


def _active_rules(kind: PolicyKind) -> dict[str, Rule]:
    """The rules of the active version by id; none where no version is active."""
    try:
        return {rule.id: rule for rule in verdicts.active(kind).text.rules}
    except NoActivePolicy:
        return {}
