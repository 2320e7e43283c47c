"""The policies to read: which version of each is active, what its rules say and how often."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from revenue.models import PolicyKind, PolicyState, PolicyVersion
from revenue.policies import checking, editing, versions
from revenue.policies.conditions import PolicyText, Rule, dump, parse_policy
from revenue.policies.counting import RuleCount, rule_counts
from revenue.policies.differing import differences
from revenue.policies.editing import Writing
from revenue.policies.explaining import rule_sentence
from revenue.policies.vocabulary import Effect, Mode, Stage
from revenue.web.access import acting, reader
from revenue.web.policy_evidence import backtest_context, latest_backtest
from revenue.web.policy_publishing import shown_publishing
from revenue.web.policy_showing import since_active

VERSIONS = 12
STEP_WORDS = {
    PolicyState.DRAFT: "wrote it",
    PolicyState.VALIDATED: "checked it over all inputs",
    PolicyState.BACKTESTED: "asked it about the past",
    PolicyState.SHADOW: "let it judge in shadow",
    PolicyState.ACTIVE: "published it",
    PolicyState.RETIRED: "replaced it",
}
COLUMNS = (
    "id",
    "kind",
    "number",
    "state",
    "written_at",
    "written_by",
    "published_at",
    "published_by",
    "proposed_at",
    "proposed_by",
    "loosens",
)


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule of the active version, and how often it was asked and fired."""

    rule: Rule
    count: RuleCount

    @property
    def tone(self) -> str:
        return "plain" if self.rule.mode is Mode.OFF else self.rule.effect.value


@dataclass(frozen=True, slots=True)
class KindShown:
    """A kind of policy: its active version with its rules, and what is on its way.

    ``changes`` counts the rules that the text being written changes.
    """

    kind: PolicyKind
    writing: Writing
    active: PolicyVersion | None
    versions: list[PolicyVersion]
    coming: list[PolicyVersion]
    rules: list[RuleLine]
    never: list[RuleLine]
    alarms: list[RuleLine]
    changes: int


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
    """Each kind with its active version, what is on its way, and what its rules did."""
    context = {
        "kinds": [_kind_shown(kind) for kind in PolicyKind],
        "may_write": reader(request).may_see("revenue:policy_edit"),
    }
    return render(request, "revenue/policies.html", context)


@require_safe
def version(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """One version: its life, what was proven of it, and its rules as sentences."""
    row = get_object_or_404(
        PolicyVersion.objects.select_related("compared_with", "based_on"), kind=kind, number=number
    )
    text = parse_policy(row.text)
    writing = editing.writing(PolicyKind(row.kind))
    context = {
        "version": row,
        "text": text,
        "groups": [group for group in _groups(text.rules) if group.rules],
        "steps": [
            {
                "by": step.stepped_by,
                "at": step.stepped_at,
                "text": STEP_WORDS[PolicyState(step.state)],
                "more": step.note,
            }
            for step in row.steps.order_by("stepped_at", "id")
        ],
        "writing": writing,
        "active": writing.active,
        "since": _since_active(row, writing.active, text),
        "proof": checking.shown_proof(row),
        "publishing": shown_publishing(request, row),
        "may_write": reader(request).may_post("revenue:policy_check"),
    }
    if row.published_at is None:
        context |= backtest_context(request, row, latest_backtest(row))
    return render(request, "revenue/policy_version.html", context)


@require_POST
def check(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """Compare the version anew with the one that is active now."""
    row = get_object_or_404(PolicyVersion, kind=kind, number=number)
    try:
        checking.check_version(version=row, by=acting(request), now=timezone.now())
    except versions.WrongState:
        messages.info(request, "It was published before; there is nothing left to check.")
    else:
        messages.success(request, "Checked over all inputs.")
    return redirect("revenue:policy_version", kind, number)


@require_POST
def restore(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """Begin the next version from the text of this one."""
    row = get_object_or_404(PolicyVersion, kind=kind, number=number)
    seen = request.POST.get("seen", "")
    try:
        after = editing.start_from(version=row, seen=seen, by=acting(request), now=timezone.now())
    except editing.ChangedMeanwhile:
        messages.error(
            request,
            "Somebody else is writing the next version and changed it just now. Nothing was taken "
            "over; look at their text first.",
        )
    else:
        taken = "It says what is active." if not after.is_open else ""
        messages.success(request, f"The text of version {number} is here to write on. {taken}")
    return redirect("revenue:policy_edit", kind)


def _kind_shown(kind: PolicyKind) -> KindShown:
    writing = editing.writing(kind)
    latest = PolicyVersion.objects.filter(kind=kind).only(*COLUMNS).order_by("-number", "-id")
    rows = list(latest[:VERSIONS])
    counts = rule_counts(kind, now=timezone.now())
    lines = [RuleLine(rule, counts[rule.id]) for rule in _active_rules(writing)]
    return KindShown(
        kind=kind,
        writing=writing,
        active=writing.active,
        versions=rows,
        coming=[row for row in rows if row.published_at is None],
        rules=sorted(lines, key=lambda line: -line.count.fired_90),
        never=[line for line in lines if line.count.never_fired],
        alarms=[line for line in lines if line.count.alarm],
        changes=len(since_active(writing)),
    )


def _active_rules(writing: Writing) -> tuple[Rule, ...]:
    return parse_policy(writing.active.text).rules if writing.active else ()


def _since_active(
    row: PolicyVersion, active: PolicyVersion | None, text: PolicyText
) -> tuple[object, ...]:
    """What a version that was not published changes of the active one."""
    if row.published_at is not None or active is None:
        return ()
    return differences(parse_policy(active.text), text)


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
