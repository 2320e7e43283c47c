"""The form in which people ask for authority of a seat."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from django import forms
from django.db.models import Q

from revenue.agents.authority import Grant
from revenue.models import Action, Level, Seat, Segment, Side

LARGEST = 10_000_000
MOST_A_DAY = 10_000
LONGEST_WHY = 1_000


class GrantForm(forms.Form):
    """What is asked for; amounts in whole units of the house's currency."""

    action = forms.ChoiceField(
        error_messages={"invalid_choice": "Choose an action that this seat may have."}
    )
    segment = forms.ChoiceField(
        label="For which mails",
        error_messages={"invalid_choice": "Choose one of the parts of the mail."},
    )
    level = forms.TypedChoiceField(
        coerce=int,
        initial=Level.AUDITED.value,
        choices=[(level.value, f"{level.value}: {level.label}") for level in Level],
        error_messages={"invalid_choice": "Choose one of the five levels."},
    )
    max_value = forms.IntegerField(
        label="Largest deal",
        required=False,
        min_value=1,
        max_value=LARGEST,
        help_text="Larger ones wait for a person. Empty: of any value.",
    )
    per_day = forms.IntegerField(
        label="At most a day",
        required=False,
        min_value=1,
        max_value=MOST_A_DAY,
        help_text="More wait for a person. Empty: any number.",
    )
    valid_until = forms.DateField(
        label="Until the end of",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Empty: until somebody takes it back.",
    )
    why = forms.CharField(
        label="Why",
        max_length=LONGEST_WHY,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
        help_text="Whoever decides reads this, and it stays with the grant.",
    )

    def __init__(self, *args: Any, seat: Seat, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actions = {action.pk: action for action in _possible(seat)}
        self.fields["action"].choices = [  # type: ignore[attr-defined]
            (action.pk, f"{action.label} (never above level {action.ceiling})")
            for action in self.actions.values()
        ]
        self.fields["segment"].choices = list(  # type: ignore[attr-defined]
            Segment.objects.order_by("position", "slug").values_list("slug", "label")
        )
        self.fields["max_value"].label = f"Largest deal, in {currency}"

    def clean(self) -> dict[str, Any]:
        """No action rises above its ceiling."""
        given = super().clean() or {}
        action, level = self.actions.get(given.get("action", "")), given.get("level")
        if action is not None and level is not None and level > action.ceiling:
            self.add_error("level", f"{action.label} never rises above level {action.ceiling}.")
        return given

    def grant(self, seat: Seat, *, zone: tzinfo) -> Grant:
        """What the valid form asks for; a day ends at midnight in this zone."""
        given = self.cleaned_data
        value, until = given["max_value"], given["valid_until"]
        return Grant(
            seat=seat.pk,
            action=given["action"],
            level=given["level"],
            segment=given["segment"],
            max_value_minor=value * 100 if value is not None else None,
            per_day=given["per_day"],
            valid_until=_end_of(until, zone) if until else None,
        )


def _possible(seat: Seat) -> list[Action]:
    """The actions that no constraint keeps from this seat, those of its own first."""
    actions = Action.objects.filter(Q(only_seat="") | Q(only_seat=seat.pk))
    if seat.side == Side.DISCOVERY:
        actions = actions.exclude(side=Side.COMMITMENT)
    return list(actions.order_by("-only_seat", "stage", "slug"))


def _end_of(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), zone)
