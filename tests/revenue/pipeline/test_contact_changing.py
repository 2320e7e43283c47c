from __future__ import annotations

import pytest

from revenue.models import Contact, LedgerEvent
from revenue.pipeline.contact_changing import CHANGEABLE, change_contact
from revenue.pipeline.contacts import InvalidContactError, KnownContactError
from tests.support.rows import FOUNDER, NOW, make_account, make_contact

pytestmark = pytest.mark.django_db


def texts(contact: Contact, **changes: str) -> dict[str, str]:
    """A contact as a form would hand it back."""
    told = {None: "", True: "yes", False: "no"}
    values = {name: getattr(contact, name) for name in CHANGEABLE}
    values |= {"no_solicitation": told[contact.no_solicitation]}
    values["published_on"] = contact.published_on.isoformat() if contact.published_on else ""
    return {**values, **changes}


def change(contact: Contact, **changes: str) -> list[str]:
    return change_contact(contact=contact, fields=texts(contact, **changes), by=FOUNDER, now=NOW)


def test_a_change_is_stored_and_the_ledger_names_it_without_values() -> None:
    contact = make_contact()

    assert change(contact, name="Dana\u200b  Roy", role="Manager") == ["name", "role"]

    contact.refresh_from_db()
    assert (contact.name, contact.role) == ("Dana Roy", "Manager")
    event = LedgerEvent.objects.get(kind="contact.changed")
    assert (event.subject, event.actor) == (f"contact:{contact.pk}", str(FOUNDER))
    assert event.data == {"account": contact.account_id, "changes": ["name", "role"]}


def test_nothing_changed_is_no_event() -> None:
    assert change(make_contact()) == []
    assert not LedgerEvent.objects.exists()


def test_what_is_emptied_is_not_known_any_more() -> None:
    contact = make_contact()

    change(contact, published_url="", published_on="", consent="none", no_solicitation="", role="")

    contact.refresh_from_db()
    assert (contact.published_url, contact.published_on, contact.role) == ("", None, "")
    assert (contact.consent, contact.no_solicitation) == ("none", None)


def test_the_place_comes_from_the_account_where_it_is_left_out() -> None:
    contact = make_contact(country="DE", region="", time_zone="Europe/Berlin")

    change(contact, country="", region="", time_zone="")

    contact.refresh_from_db()
    assert (contact.country, contact.region, contact.time_zone) == (
        "CA", "BC", "America/Vancouver"
    )  # fmt: skip


def test_faults_are_told_by_field_and_nothing_is_stored() -> None:
    contact = make_contact()

    with pytest.raises(InvalidContactError) as refusal:
        change(contact, email="nobody", country="Atlantis", name="New")

    assert set(refusal.value.faults) == {"email", "country"}
    contact.refresh_from_db()
    assert contact.name == "Dana Whitfield"


def test_consent_by_publication_needs_the_page() -> None:
    with pytest.raises(InvalidContactError) as refusal:
        change(make_contact(), published_url="", published_on="")

    assert set(refusal.value.faults) == {"consent"}


def test_an_address_stands_once_at_an_account() -> None:
    account = make_account()
    other, contact = make_contact(account), make_contact(account)

    with pytest.raises(KnownContactError):
        change(contact, email=other.email.upper())
    contact.refresh_from_db()
    assert contact.email != other.email.upper()
