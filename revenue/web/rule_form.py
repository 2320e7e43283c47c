"""One rule as a form: its fields, its condition, and each fault beside the field that has it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.text import slugify

from revenue.models import PolicyKind
from revenue.policies.conditions import PolicyText, Rule, parse_policy
from revenue.policies.explaining import rule_sentence
from revenue.policies.faults import Fault, PolicyInvalid
from revenue.policies.vocabulary import Effect, Mode, Stage
from revenue.web import rule_buttons, rule_tree
from revenue.web.rule_tree import Branch

NEW = "new"
EFFECTS = (
    (Effect.DENY, "Deny: the end of it, whatever others say"),
    (Effect.HOLD, "Hold for a person"),
    (Effect.ALLOW, "Allow, where nothing denies or holds"),
)
MODES = (
    (Mode.ENFORCE, "On"),
    (Mode.WARN, "Only marks, for whoever decides"),
    (Mode.OFF, "Off"),
)
STAGES = (
    (Stage.CONTENT, "What it says of the subject"),
    (Stage.TIMING, "The hour: delivery waits, the verdict stays"),
)
SHORTEST_REASON = 3
_BREAKS = re.compile(r"[\x00-\x1f]+")


class RuleFields(forms.Form):
    """The fields beside the condition."""

    use_required_attribute = False

    title = forms.CharField(label="Title", required=False, help_text="What people will call it.")
    effect = forms.ChoiceField(label="What it does", choices=EFFECTS, widget=forms.RadioSelect)
    reason = forms.CharField(
        label="Because",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="A sentence for whoever sees the verdict.",
    )
    owner = forms.CharField(label="Who answers for it", help_text="Who to ask about it.")
    mode = forms.ChoiceField(label="Is it on?", choices=MODES)
    stage = forms.ChoiceField(label="What it speaks of", choices=STAGES)
    # Not "id": a field of that name would hide the id of its form from scripts.
    rule_id = forms.CharField(
        label="Short name",
        required=False,
        help_text="Its counts and past verdicts go by this. Made from the title if left empty.",
    )


@dataclass
class RuleForm:
    """A rule being written. ``was`` is the id of the rule that it changes, empty for a new one.

    ``follow`` is the path inside the condition to go on at, ``at`` its place among the rules.
    """

    kind: PolicyKind
    was: str
    fields: RuleFields
    when: Branch
    follow: str = ""
    at: int = -1
    faults: list[str] = field(default_factory=list)

    @property
    def card(self) -> str:
        """Begins the ids of everything on it."""
        return f"rule-{self.was}" if self.was else NEW

    @classmethod
    def blank(cls, kind: PolicyKind, *, owner: str) -> RuleForm:
        """A rule that nobody has written yet: it holds."""
        initial = {
            "effect": Effect.HOLD.value,
            "mode": Mode.ENFORCE.value,
            "stage": Stage.CONTENT.value,
            "owner": owner,
        }
        return cls(kind, "", _opened(NEW, initial), rule_tree.fresh(kind))

    @classmethod
    def of(cls, rule: Rule, kind: PolicyKind) -> RuleForm:
        """A rule as it stands."""
        initial = {
            "title": rule.title or "",
            "effect": rule.effect.value,
            "reason": rule.reason,
            "owner": rule.owner,
            "mode": rule.mode.value,
            "stage": rule.stage.value,
            "rule_id": rule.id,
        }
        fields = _opened(f"rule-{rule.id}", initial)
        return cls(kind, rule.id, fields, rule_tree.of_condition(rule.when, kind))

    @classmethod
    def typed(cls, post: QueryDict, kind: PolicyKind, *, checking: bool) -> RuleForm:
        """What a form sent; its fields are only asked for faults where ``checking``.

        Raises ``rule_tree.TooLarge``.
        """
        was = post.get("was", "")
        was = was if re.fullmatch(r"[a-z0-9-]{1,64}", was, re.ASCII) else ""
        card = f"rule-{was}" if was else NEW
        names = RuleFields.base_fields
        given = {name: post.get(name, "") for name in names}
        fields = _fields(card, data=post) if checking else _fields(card, initial=given)
        return cls(kind, was, fields, rule_tree.of_post(post, kind))

    def change(self, act: str) -> None:
        """Do what a button inside the condition says."""
        self.when, self.follow = rule_buttons.change(self.when, act, self.faults)

    def is_gone_from(self, text: PolicyText) -> bool:
        """Whether the rule that it changes has been taken out: saved, it is added again."""
        return bool(self.was) and all(rule.id != self.was for rule in text.rules)

    def laid_over(self, text: PolicyText) -> PolicyText | None:
        """The text with this rule in its place, or behind the others.

        None where something is wrong, which is then told beside its field.
        """
        rules = text.to_json()["rules"]
        at = next((n for n, rule in enumerate(rules) if rule["id"] == self.was), len(rules))
        self.at = at
        given = self._given()
        taken = {rule["id"] for rule in rules}
        given["rule_id"] = given["rule_id"] or _id_from(given["title"], taken)
        if not given["rule_id"]:
            self.fields.add_error("title", "Give it a title.")
            given["rule_id"] = "untitled"
        others = {rule["id"] for n, rule in enumerate(rules) if n != at}
        if given["rule_id"] in others:
            told_so = f"Another rule has the id {given['rule_id']} already."
            self.fields.add_error("rule_id", told_so)
        told: rule_tree.Told = []
        condition = rule_tree.condition_of(self.when, told)
        for branch, name, reason in told:
            branch.errors[name] = reason
        rules[at : at + 1] = [{**_rule_json(given), "when": condition}]
        try:
            changed = parse_policy({**text.to_json(), "rules": rules})
        except PolicyInvalid as error:
            self._place(error.faults, f"$.rules[{at}]")
            return None
        return None if told or self.fields.errors else changed

    def sentence(self) -> str:
        """How the rule reads so far; empty where it does not yet."""
        told: rule_tree.Told = []
        given = {**self._given(), "rule_id": "rule", "owner": "nobody"}
        rule = {**_rule_json(given), "when": rule_tree.condition_of(self.when, told)}
        if len(given["reason"]) < SHORTEST_REASON:
            rule["reason"] = "of a reason that is still to be given"
        try:
            text = parse_policy({"kind": self.kind.value, "title": "One", "rules": [rule]})
        except PolicyInvalid:
            return ""
        return "" if told else rule_sentence(text.rules[0])

    def _given(self) -> dict[str, str]:
        names = RuleFields.base_fields
        return {name: str(self.fields[name].value() or "").strip() for name in names}

    def _place(self, faults: tuple[Fault, ...], prefix: str) -> None:
        """Put each fault beside its field; what has no field here stands above the form."""
        for fault in faults:
            if fault.path.startswith("$.rules[") and not fault.path.startswith(prefix):
                continue  # another rule has the same id, which is told at this one
            inside = fault.path.removeprefix(prefix)
            name = {".id": "rule_id"}.get(inside, inside.removeprefix("."))
            if name in self.fields.fields:
                if name not in self.fields.errors:
                    self.fields.add_error(name, fault.reason)
                continue
            if not rule_tree.put_fault(self.when, inside, fault.reason):
                self.faults.append(str(fault))


def _fields(card: str, **given: Any) -> RuleFields:
    return RuleFields(**given, auto_id=f"{card}-%s")


def _opened(card: str, initial: dict[str, str]) -> RuleFields:
    """The fields of a card that opens just now, with the cursor in the first."""
    fields = _fields(card, initial=initial)
    fields.fields["title"].widget.attrs["autofocus"] = True
    return fields


def _rule_json(data: dict[str, str]) -> dict[str, Any]:
    rule = {name: data[name] for name in ("effect", "mode", "stage", "owner")}
    rule["id"] = data["rule_id"]
    rule["reason"] = _BREAKS.sub(" ", data["reason"])
    return {**rule, "title": data["title"]} if data["title"] else rule


def _id_from(title: str, taken: set[str]) -> str:
    """An id that no other rule has; empty where the title has neither letter nor digit."""
    stem = slugify(title).replace("_", "-")[:58].strip("-")
    numbers = [stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3))]
    return next((one for one in numbers if one not in taken), "") if stem else ""
