"""Forms about people at accounts. They hand on text; ``pipeline.contact_rows`` reads it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django import forms
from django.utils import timezone

from revenue.models import Account, Consent, Contact, LegalForm
from revenue.pipeline.contact_changing import CHANGEABLE
from revenue.web.time_zones import zone_names

_QUIET = {"autocomplete": "off"}
_ASKED = (("", "Not looked up yet"), ("no", "No"), ("yes", "Yes"))


class ContactForm(forms.Form):
    """A person with an address, and the evidence that we may write there."""

    email = forms.CharField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={**_QUIET, "autocapitalize": "none"}),
    )
    name = forms.CharField(max_length=120, required=False, widget=forms.TextInput(attrs=_QUIET))
    role = forms.CharField(
        max_length=120, required=False, help_text="What they do there, such as clinic owner."
    )
    consent = forms.ChoiceField(choices=Consent.choices, initial=Consent.NONE)
    published_url = forms.CharField(
        label="Page where the address is published",
        max_length=500,
        required=False,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )
    published_on = forms.DateField(
        label="Seen there on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    published_excerpt = forms.CharField(
        label="What the page says beside it",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    no_solicitation = forms.ChoiceField(
        label="Does the page ask not to be written to?", choices=_ASKED, required=False
    )
    legal_form = forms.ChoiceField(choices=LegalForm.choices, initial=LegalForm.UNKNOWN)
    country = forms.CharField(
        max_length=80, required=False, help_text="Two letters or a name, such as CA."
    )
    region = forms.CharField(
        max_length=16, required=False, help_text="Province or state, such as BC."
    )
    time_zone = forms.ChoiceField(
        choices=lambda: [
            ("", "From the place"),
            *((name, name.replace("_", " ")) for name in zone_names()),
        ],
        required=False,
    )

    def follow(self, account: Account) -> None:
        """Show what is taken from the account where a field stays empty."""
        for name in ("country", "region"):
            if value := getattr(account, name):
                self.fields[name].widget.attrs["placeholder"] = f"{value}, as the business"

    def texts(self) -> dict[str, str]:
        """What was typed, as the operations read it."""
        given = self.cleaned_data
        texts = {name: given[name] for name in CHANGEABLE}
        day: date | None = given["published_on"]
        return {**texts, "published_on": day.isoformat() if day else ""}

    def refuse(self, faults: Mapping[str, str]) -> None:
        """Put each fault beside its field."""
        for field, reason in faults.items():
            reason = reason.removeprefix("left out: ")
            sentence = f"this {reason}" if reason.startswith("is ") else reason
            self.add_error(field, f"{sentence[0].upper()}{sentence[1:]}.")


def initial_of(contact: Contact) -> dict[str, object]:
    """The values of a contact as the form shows them."""
    values = {name: getattr(contact, name) for name in CHANGEABLE}
    told = {None: "", True: "yes", False: "no"}
    return {**values, "no_solicitation": told[contact.no_solicitation]}


class ReplyForm(forms.Form):
    """When a contact answered."""

    at = forms.DateTimeField(
        label="When they answered",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )

    def clean_at(self) -> object:
        """Nobody has answered in the future."""
        at = self.cleaned_data["at"]
        if at > timezone.now():
            raise forms.ValidationError("This time has not come yet.")
        return at
