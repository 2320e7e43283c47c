"""The form of a statement about an account. ``pipeline.relationships`` decides what is taken."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from revenue.models import Account, Confidence, Contact, RelationshipFact, RelationshipKind
from revenue.pipeline.relationships import LONGEST, InvalidFactError


class PersonField(forms.ModelChoiceField[Contact]):
    """One of the people at an account, by name, or by address where nobody knows it."""

    def label_from_instance(self, obj: Contact) -> str:
        return obj.name or obj.email


class FactForm(forms.Form):
    """What holds, who said so, and from when to when."""

    kind = forms.ChoiceField(label="What is it?", choices=RelationshipKind.choices)
    statement = forms.CharField(
        label="In one sentence",
        max_length=LONGEST["statement"],
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="As you would tell a colleague: what happened, and what it means for us.",
    )
    source = forms.CharField(
        label="Who said so, or where it stands",
        max_length=LONGEST["source"],
        help_text="Such as: the owner, on the phone.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    confidence = forms.ChoiceField(label="How sure are we?", choices=Confidence.choices)
    contact = PersonField(
        label="About",
        queryset=Contact.objects.none(),
        required=False,
        empty_label="The business as a whole",
    )
    valid_from = forms.DateField(
        label="Holds since",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    valid_until = forms.DateField(
        label="Holds until",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="The last day, if one is known. After it no rule reads this any more.",
    )

    def __init__(self, *args: Any, account: Account, **options: Any) -> None:
        super().__init__(*args, **options)
        people = self.fields["contact"]
        if isinstance(people, PersonField):
            people.queryset = Contact.objects.filter(account=account).order_by("added_at", "id")

    def facts(self) -> dict[str, Any]:
        """What was typed, as ``note_fact`` takes it."""
        given = self.cleaned_data
        kind, confidence = RelationshipKind(given["kind"]), Confidence(given["confidence"])
        return {**given, "kind": kind, "confidence": confidence}

    def refuse(self, refusal: InvalidFactError) -> None:
        """Put the fault beside its field, or above all where it is about none of them."""
        self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))


def initial_of(older: RelationshipFact | None, *, today: date) -> dict[str, object]:
    """What a new statement most likely shares with the one that it takes the place of."""
    if older is None:
        return {"valid_from": today}
    return {
        "kind": older.kind,
        "confidence": older.confidence,
        "contact": older.contact_id,
        "valid_from": today,
    }
