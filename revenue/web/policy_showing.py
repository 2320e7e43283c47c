"""What the pages of the policies show: cards, the side with the differences, menus of facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.http import urlencode

from revenue.models import PolicyEdit, PolicyKind
from revenue.policies.catalogue import facts_for
from revenue.policies.conditions import PolicyText, Rule, parse_policy
from revenue.policies.differing import Difference, DifferenceKind, differences
from revenue.policies.editing import ChangedMeanwhile, Writing
from revenue.policies.entering import typed
from revenue.policies.examples import Examples, examples_of
from revenue.policies.explaining import rule_sentence
from revenue.policies.vocabulary import Effect, Fact, FactType, Mode, Operator, Stage, Unit
from revenue.policies.vocabulary import PolicyKind as Kind
from revenue.policies.wording import value_words
from revenue.web.rule_form import RuleForm
from revenue.web.rule_tree import Branch

EARLIER = 6
GROUPS = {
    "account": "The business",
    "contact": "The contact",
    "send": "The message",
    "mailbox": "The mailbox",
    "seat": "The seat",
}
OPERATORS = {
    Operator.IS_KNOWN: "is known",
    Operator.IS_UNKNOWN: "is not known",
    Operator.EQ: "is",
    Operator.NE: "is not",
    Operator.LT: "is less than",
    Operator.LE: "is at most",
    Operator.GT: "is more than",
    Operator.GE: "is at least",
    Operator.BETWEEN: "is between",
    Operator.IN: "is one of",
    Operator.NOT_IN: "is none of",
    Operator.CONTAINS: "contains",
    Operator.HAS_ANY: "includes any of",
    Operator.HAS_NONE: "includes none of",
    Operator.HAS_ALL: "includes all of",
}
MOMENTS = {
    Operator.LT: "is before",
    Operator.LE: "is at or before",
    Operator.GT: "is after",
    Operator.GE: "is at or after",
}
UNITS = {
    Unit.DAYS: "days", Unit.HOURS: "hours", Unit.WORDS: "words", Unit.SHARE: "%",
    Unit.CLOCK: "as in 17:30",
}  # fmt: skip
WEEKDAYS = tuple((str(day), name) for day, name in enumerate(
    ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), start=1
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Card:
    """A rule in its place; ``changed`` says what became of it since the active version."""

    rule: Rule
    sentence: str
    number: int
    is_first: bool
    is_last: bool
    changed: str
    form: RuleForm | None = None

    @property
    def tone(self) -> str:
        """How the rule looks: by its effect, and quiet where it is off."""
        if self.rule.mode is Mode.OFF:
            return "plain"
        if self.rule.mode is Mode.WARN or self.rule.stage is Stage.TIMING:
            return "hold"
        return self.rule.effect.value

    @property
    def does(self) -> str:
        """The effect in a word, for those who don't see the icon."""
        if self.rule.stage is Stage.TIMING:
            return "Waits"
        return {Effect.DENY: "Denies", Effect.HOLD: "Holds", Effect.ALLOW: "Allows"}[
            self.rule.effect
        ]


@dataclass(frozen=True, slots=True)
class Changed:
    """Somebody else's save that came first: who, when, and what it changed."""

    by: str
    at: object
    note: str
    differences: tuple[Difference, ...]
    act: str = ""


def kind_or_404(kind: str) -> PolicyKind:
    """Raises Http404 for a kind that there is not."""
    if kind not in PolicyKind.values:
        raise Http404
    return PolicyKind(kind)


def editor_context(
    writing: Writing, *, form: RuleForm | None = None, changed: Changed | None = None
) -> dict[str, Any]:
    """Everything that the page of the editor and its parts show."""
    return {
        "kind": writing.kind,
        "writing": writing,
        "cards": cards_of(writing, form),
        "form": form if form and not form.was else None,
        "changed": changed,
        **side_context(writing),
        **(menus(writing.kind, form.when) if form else {}),
    }


def side_context(writing: Writing) -> dict[str, Any]:
    """What changed since the active version, and by whom."""
    earlier = PolicyEdit.objects.filter(kind=writing.kind).defer("text").order_by("-number")
    return {
        "differences": since_active(writing),
        "earlier": [
            {
                "by": edit.saved_by,
                "at": edit.saved_at,
                "text": edit.note[:1].lower() + edit.note[1:],
            }
            for edit in earlier[:EARLIER]
        ],
    }


def since_active(writing: Writing) -> tuple[Difference, ...]:
    if not writing.is_open:
        return ()
    active = parse_policy(writing.active.text) if writing.active else _empty(writing.text)
    return differences(active, writing.text)


def cards_of(writing: Writing, form: RuleForm | None = None) -> list[Card]:
    """The rules in order; the one that ``form`` changes is open."""
    became = {one.rule: one.kind for one in since_active(writing)}
    rules = writing.text.rules
    return [
        Card(
            rule=rule,
            sentence=rule_sentence(rule),
            number=number,
            is_first=number == 1,
            is_last=number == len(rules),
            changed=_became(became.get(rule.id)),
            form=form if form is not None and form.was == rule.id else None,
        )
        for number, rule in enumerate(rules, start=1)
    ]


def menus(kind: PolicyKind, when: Branch) -> dict[str, Any]:
    """What the inputs of a condition offer."""
    names = {branch.name for branch in when.walk() if branch.fact}
    seen = examples_of(kind, sorted(names))
    for branch in when.walk():
        branch.offer = inputs_of(branch, seen) if branch.sort == "leaf" else None
    return {"fact_groups": fact_groups(kind)}


def fact_groups(kind: PolicyKind) -> list[tuple[str, list[Fact]]]:
    groups: dict[str, list[Fact]] = {}
    for fact in facts_for(Kind(kind.value)).values():
        first = fact.name.partition(".")[0]
        groups.setdefault(GROUPS.get(first, first.capitalize()), []).append(fact)
    return list(groups.items())


@dataclass(frozen=True, slots=True)
class Inputs:
    """What one comparison offers: operators, how the value is typed, and what was seen lately."""

    operators: list[tuple[str, str]]
    options: list[tuple[str, str]]
    widget: str
    unit: str
    span: str
    seen: Examples | None


def inputs_of(branch: Branch, seen: Mapping[str, Examples]) -> Inputs:
    fact = branch.fact
    if fact is None:
        return Inputs([], [], "none", "", "", None)
    options = [(choice.value, choice.label) for choice in fact.choices]
    widget = {"one": "text", "many": "lines", "range": "range", "nothing": "none"}[branch.entry]
    if options and widget in {"text", "lines"}:
        widget = {"text": "select", "lines": "ticks"}[widget]
    if fact.unit is Unit.WEEKDAY and widget in {"text", "range"}:
        options, widget = list(WEEKDAYS), {"text": "select", "range": "selects"}[widget]
    return Inputs(
        operators=operators_of(fact),
        options=options,
        widget=widget,
        unit=UNITS.get(fact.unit, ""),
        span=_span(fact),
        seen=seen.get(fact.name),
    )


def operators_of(fact: Fact) -> list[tuple[str, str]]:
    """The operators of a fact in words; a yes-or-no fact offers its two statements."""
    if fact.type is FactType.BOOL:
        statements = [("is:true", fact.yes), ("is:false", fact.no)]
        known = [(op.value, OPERATORS[op]) for op in fact.operators if op is not Operator.IS]
        return [*statements, *known]
    words = OPERATORS | MOMENTS if fact.unit in {Unit.CLOCK, Unit.WEEKDAY} else OPERATORS
    return [(op.value, words[op]) for op in fact.operators]


def changed_by(refused: ChangedMeanwhile, act: str = "") -> Changed:
    """What somebody else did, for who comes second."""
    last = refused.now.last
    seen = differences(refused.saw, refused.now.text) if refused.saw else ()
    return Changed(
        by=last.saved_by if last else "",
        at=last.saved_at if last else None,
        note=last.note if last else "",
        differences=seen,
        act=act,
    )


def addresses(kind: PolicyKind) -> dict[str, str]:
    """The addresses that the parts of the editor post to."""
    return {
        name: reverse(f"revenue:policy_{name}", args=[kind])
        for name in ("edit", "arrange", "title", "text", "import")
    }


def undo_url(after: Writing) -> str:
    """Takes the latest save back."""
    query = urlencode({"act": "undo", "seen": after.seen})
    return f"{addresses(after.kind)['text']}?{query}"


def _became(kind: DifferenceKind | None) -> str:
    words = {
        DifferenceKind.ADDED: "new",
        DifferenceKind.CHANGED: "changed",
        DifferenceKind.MOVED: "moved",
    }
    return words.get(kind, "") if kind else ""


def _empty(text: PolicyText) -> PolicyText:
    return text.model_copy(update={"rules": ()})


def _span(fact: Fact) -> str:
    """Which numbers there are, in words; empty where any is possible."""
    if fact.type is not FactType.NUMBER or fact.unit is Unit.WEEKDAY:
        return ""
    whole = "a whole number, " if fact.whole else ""
    if fact.maximum >= 10**9:
        return f"{whole}{value_words(fact, fact.minimum)} or more" if fact.minimum >= 0 else whole
    return f"{whole}{typed(fact, fact.minimum)} to {value_words(fact, fact.maximum)}"
