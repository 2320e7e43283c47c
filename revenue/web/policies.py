"""The policies to read: which version of each is active, and what its rules say."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from revenue.models import PolicyKind, PolicyState, PolicyVersion
from revenue.policies.conditions import Rule, dump, parse_policy
from revenue.policies.explaining import rule_sentence
from revenue.policies.vocabulary import Effect, Mode, Stage

VERSIONS = 50
COLUMNS = (
    "id",
    "kind",
    "number",
    "state",
    "written_at",
    "written_by",
    "published_at",
    "published_by",
)


@dataclass(frozen=True, slots=True)
class KindShown:
    """A kind of policy with its active version, if any, and the latest versions of it."""

    label: str
    active: PolicyVersion | None
    versions: list[PolicyVersion]


@dataclass(frozen=True, slots=True)
class RuleShown:
    """A rule, the sentence that it says, and its condition as it is written."""

    rule: Rule
    sentence: str
    condition: str


@dataclass(frozen=True, slots=True)
class Group:
    """The rules that do one thing."""

    title: str
    note: str
    rules: list[RuleShown]


@require_safe
def policies(request: HttpRequest) -> HttpResponse:
    """Each kind with its active version and its history."""
    latest = PolicyVersion.objects.only(*COLUMNS).order_by("-number", "-id")
    kinds = []
    for kind, label in PolicyKind.choices:
        versions = list(latest.filter(kind=kind)[:VERSIONS])
        active = next((one for one in versions if one.state == PolicyState.ACTIVE), None)
        kinds.append(KindShown(str(label), active, versions))
    return render(request, "revenue/policies.html", {"kinds": kinds})


@require_safe
def version(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """One version with its rules as sentences."""
    row = get_object_or_404(PolicyVersion, kind=kind, number=number)
    text = parse_policy(row.text)
    context = {
        "version": row,
        "text": text,
        "groups": [group for group in _groups(text.rules) if group.rules],
    }
    return render(request, "revenue/policy_version.html", context)


def _groups(rules: tuple[Rule, ...]) -> list[Group]:
    enforced = [rule for rule in rules if rule.mode is Mode.ENFORCE]

    def with_effect(effect: Effect) -> list[Rule]:
        return [rule for rule in enforced if rule.stage is Stage.CONTENT and rule.effect is effect]

    groups = [
        ("Denies", "One of these is enough, whatever others say.", with_effect(Effect.DENY)),
        ("Holds for a person", "Unless one above denies.", with_effect(Effect.HOLD)),
        ("Allows", "Where nothing denies and nothing holds.", with_effect(Effect.ALLOW)),
        (
            "Waits for the right hour",
            "Asked at delivery; the mail leaves later.",
            [rule for rule in enforced if rule.stage is Stage.TIMING],
        ),
        (
            "Marks only",
            "Shown to whoever decides; nothing is held by it.",
            [rule for rule in rules if rule.mode is Mode.WARN],
        ),
        ("Switched off", "", [rule for rule in rules if rule.mode is Mode.OFF]),
    ]
    return [Group(title, note, [_shown(rule) for rule in some]) for title, note, some in groups]


def _shown(rule: Rule) -> RuleShown:
    condition = json.dumps(dump(rule.when), indent=2, ensure_ascii=False)
    return RuleShown(rule, rule_sentence(rule), condition)
