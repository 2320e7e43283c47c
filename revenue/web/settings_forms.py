"""Forms of the settings pages: the house, a mailbox, a person."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from django import forms

from revenue.agents.drafting.phrases import MAX_LENGTH, MAX_PHRASES
from revenue.agents.house import NOT_ONE_LINE, HouseChanges
from revenue.models import House, Mailbox
from revenue.web.time_zones import zone_names

CURRENCIES = ("CAD", "EUR", "GBP", "USD")
MAX_HOURS = 24 * 90
SHARES = ("seeded_share", "catch_bar", "audited_bar", "trusted_bar")
"""Fractions of one, which people read and type as percentages."""


def one_line(value: str) -> None:
    """Refuse what could break out of a line, such as a header of a mail."""
    if NOT_ONE_LINE.search(value):
        raise forms.ValidationError("This must be one line of plain text.")


def percentage(label: str, *, least: str = "0", most: int, help_text: str) -> forms.DecimalField:
    """A share as people type it: ``2.5`` for 0.025."""
    return forms.DecimalField(
        label=label,
        min_value=Decimal(least),
        max_value=most,
        max_digits=5,
        decimal_places=2,
        help_text=help_text,
        widget=forms.NumberInput(attrs={"step": "any"}),
    )


class HouseForm(forms.Form):
    """How the house writes and decides; amounts in whole units of the currency, shares in %."""

    label = forms.CharField(
        label="Proprietary label",
        max_length=40,
        validators=[one_line],
        help_text="What our mails call the approach.",
    )
    banned_phrases = forms.CharField(
        label="Banned phrases",
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="One a line. A draft that holds one of them waits for a person.",
    )
    hold_seconds = forms.IntegerField(
        label="Undo window, in seconds",
        min_value=0,
        max_value=3600,
        help_text="Between an approval and the first attempt to deliver.",
    )
    policy_hold_seconds = forms.IntegerField(
        label="Hold of what the policy approved, in seconds",
        min_value=0,
        max_value=86_400,
        help_text="So long a mail that leaves without a click can be seen and stopped.",
    )
    audited_bar = percentage(
        "Faults at most for level 3, in %",
        least="0.1",
        most=50,
        help_text="A seat may act inside the policy once blind audits bound its faults below this.",
    )
    trusted_bar = percentage(
        "Faults at most for level 4, in %",
        least="0.1",
        most=50,
        help_text="The same for the level with the fewest audits.",
    )
    seeded_share = percentage(
        "Waiting mails with a planted fault, in %",
        most=20,
        help_text=(
            "They never leave and tell after the decision whether it was seen. "
            "0 plants none. None comes before people have decided 20 mails."
        ),
    )
    catch_bar = percentage(
        "Planted faults to catch, in %",
        most=100,
        help_text=(
            "Who catches fewer of their last 30 may not approve many at once. "
            "Fewer than 5 say nothing; 0 never stops anybody."
        ),
    )
    due_hours = forms.IntegerField(
        label="Draft is due after, in hours", min_value=1, max_value=MAX_HOURS
    )
    expire_hours = forms.IntegerField(
        label="Draft expires after, in hours", min_value=1, max_value=MAX_HOURS
    )
    open_drafts = forms.IntegerField(
        label="Drafts that may wait at once",
        min_value=0,
        max_value=100_000,
        help_text="No more are written until some are decided. 0 stops new ones.",
    )
    deal_value = forms.DecimalField(
        label="Expected value of a new deal", min_value=0, max_digits=12, decimal_places=2
    )
    currency = forms.ChoiceField(choices=[(code, code) for code in CURRENCIES])

    def clean_banned_phrases(self) -> list[str]:
        """The lines without blanks and repetitions."""
        given = str(self.cleaned_data["banned_phrases"])
        lines = [" ".join(line.split()) for line in given.splitlines()]
        phrases = list({line.casefold(): line for line in lines if line}.values())
        if len(phrases) > MAX_PHRASES:
            raise forms.ValidationError(f"At most {MAX_PHRASES:,} phrases can be kept.")
        if long := next((phrase for phrase in phrases if len(phrase) > MAX_LENGTH), ""):
            raise forms.ValidationError(
                f"A phrase may have {MAX_LENGTH} characters; this one has more: {long[:60]} …"
            )
        return phrases

    def clean(self) -> dict[str, Any]:
        """A draft can't expire before it is due."""
        given = super().clean() or {}
        due, expire = given.get("due_hours"), given.get("expire_hours")
        if due and expire and due > expire:
            self.add_error("expire_hours", "A draft can't expire before it is due.")
        audited, trusted = given.get("audited_bar"), given.get("trusted_bar")
        if audited and trusted and trusted > audited:
            self.add_error("trusted_bar", "Level 4 can't be easier to reach than level 3.")
        return given

    def changes(self) -> HouseChanges:
        """The values as the operation takes them."""
        given = {
            **self.cleaned_data,
            "deal_value_minor": int(self.cleaned_data["deal_value"] * 100),
            **{name: float(self.cleaned_data[name] / 100) for name in SHARES},
        }
        del given["deal_value"]
        return cast("HouseChanges", given)


def house_initial(house: House) -> dict[str, Any]:
    """The house as ``HouseForm`` shows it."""
    return {
        "label": house.label,
        "banned_phrases": "\n".join(house.banned_phrases),
        "hold_seconds": house.hold_seconds,
        "policy_hold_seconds": house.policy_hold_seconds,
        **{name: as_percentage(getattr(house, name)) for name in SHARES},
        "due_hours": house.due_hours,
        "expire_hours": house.expire_hours,
        "open_drafts": house.open_drafts,
        "deal_value": Decimal(house.deal_value_minor) / 100,
        "currency": house.currency,
    }


def as_percentage(share: float) -> Decimal:
    """``0.025`` as ``2.5``, with as many places as the form takes."""
    return (Decimal(str(share)) * 100).quantize(Decimal("0.01")).normalize() + 0


class MailboxForm(forms.ModelForm[Mailbox]):
    """An address that we send from, with its pace; what it saves goes through an operation."""

    time_zone = forms.ChoiceField(
        choices=lambda: [(name, name.replace("_", " ")) for name in zone_names()],
        help_text="Its day begins and ends there: caps count by this day.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("sender_name", "company", "postal_address"):
            self.fields[name].validators.append(one_line)

    class Meta:
        model = Mailbox
        fields = (
            "address",
            "sender_name",
            "company",
            "postal_address",
            "time_zone",
            "warmup_started_on",
            "warmup_first_cap",
            "warmup_weekly_step",
            "cap_ceiling",
            "gap_min_s",
            "gap_max_s",
            "authenticated",
        )
        labels = {
            "sender_name": "Sender's name",
            "company": "Company in the footer",
            "warmup_started_on": "Warm-up began on",
            "warmup_first_cap": "Mails a day at first",
            "warmup_weekly_step": "More each week",
            "cap_ceiling": "Most a day",
            "gap_min_s": "Shortest gap, in seconds",
            "gap_max_s": "Longest gap, in seconds",
        }
        help_texts = {
            "postal_address": "Stands in every footer. Without it the send policy lets nothing go.",
            "authenticated": "Without SPF and DKIM most providers turn cold mail away.",
        }
        widgets = {
            "warmup_started_on": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        }
