"""A part of the mail being written: its name, and its condition as policies are written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import QueryDict

from revenue.agents.segments import LONGEST_LABEL
from revenue.models import PolicyKind
from revenue.policies.conditions import Node, parse_condition
from revenue.policies.faults import PolicyInvalid
from revenue.policies.vocabulary import PolicyKind as Kind
from revenue.policies.wording import condition_words
from revenue.web import rule_buttons, rule_tree
from revenue.web.rule_tree import Branch

KIND = PolicyKind.SEND


class SegmentFields(forms.Form):
    """What stands beside the condition."""

    use_required_attribute = False

    label = forms.CharField(
        label="Name",
        max_length=LONGEST_LABEL,
        help_text="What people will call it. It can't be changed later, nor can the condition.",
    )


@dataclass
class SegmentForm:
    """``follow`` is the path inside the condition to go on at."""

    fields: SegmentFields
    when: Branch
    follow: str = ""
    faults: list[str] = field(default_factory=list)
    card: str = "segment"

    @classmethod
    def blank(cls) -> SegmentForm:
        return cls(SegmentFields(auto_id="segment-%s"), rule_tree.fresh(KIND))

    @classmethod
    def typed(cls, post: QueryDict, *, checking: bool) -> SegmentForm:
        """What was sent; the name is only asked for faults where ``checking``.

        Raises ``rule_tree.TooLarge``.
        """
        initial = {"label": post.get("label", "")}
        given: dict[str, Any] = {"data": post} if checking else {"initial": initial}
        fields = SegmentFields(auto_id="segment-%s", **given)
        return cls(fields, rule_tree.of_post(post, KIND))

    def change(self, act: str) -> None:
        """Do what a button inside the condition says."""
        self.when, self.follow = rule_buttons.change(self.when, act, self.faults)

    def condition(self, *, telling: bool = False) -> Node | None:
        """The condition, None while it is not whole; ``telling`` says what is amiss."""
        told: rule_tree.Told = []
        found: Node | None = None
        faults: tuple[Any, ...] = ()
        written = rule_tree.condition_of(self.when, told)
        try:
            found = parse_condition(written, Kind.SEND)
        except PolicyInvalid as error:
            faults = error.faults
        if telling:
            for branch, name, reason in told:
                branch.errors[name] = reason
            for fault in faults:
                inside = ".when" + fault.path.removeprefix("$")
                if not rule_tree.put_fault(self.when, inside, fault.reason):
                    self.faults.append(str(fault))
        return None if told else found

    def sentence(self) -> str:
        """How it reads so far; empty where it does not yet."""
        found = self.condition()
        return f"Mails of which {condition_words(found)}." if found else ""
