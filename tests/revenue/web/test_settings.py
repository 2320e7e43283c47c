"""The settings pages: the house and its mailboxes."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from revenue.access import Role
from revenue.models import House, LedgerEvent, Mailbox
from tests.support.rows import make_mailbox
from tests.support.visits import messages_of, statements, visit_as

pytestmark = pytest.mark.django_db

HOUSE = {
    "label": "4C",
    "banned_phrases": "synergy\r\ntouch base",
    "hold_seconds": "30",
    "policy_hold_seconds": "600",
    "audited_bar": "5",
    "trusted_bar": "1",
    "seeded_share": "2",
    "catch_bar": "70",
    "due_hours": "24",
    "expire_hours": "72",
    "open_drafts": "40",
    "deal_value": "4800",
    "currency": "CAD",
}
MAILBOX = {
    "address": "ana@house.example",
    "sender_name": "Ana",
    "company": "House",
    "postal_address": "1 Street",
    "time_zone": "America/Vancouver",
    "warmup_started_on": "2026-11-01",
    "warmup_first_cap": "15",
    "warmup_weekly_step": "8",
    "cap_ceiling": "40",
    "gap_min_s": "60",
    "gap_max_s": "300",
}


@pytest.fixture(autouse=True)
def house(db: None) -> House:
    return House.objects.create(pk=1, banned_phrases=["synergy", "touch base"])


@pytest.fixture
def admin() -> Client:
    return visit_as(Role.ADMIN)


def errors_in(response: Any) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = dict(response.context["form"].errors)
    return errors


# The house ---------------------------------------------------------------------------------------


def test_the_house_is_shown_as_it_is(admin: Client) -> None:
    page = admin.get("/settings/").content.decode()

    assert "synergy\ntouch base</textarea>" in page
    assert 'value="4800"' in page


def test_saving_what_is_shown_changes_nothing(admin: Client) -> None:
    response = admin.post("/settings/", HOUSE)

    assert messages_of(response) == ["Nothing had changed."]
    assert not LedgerEvent.objects.exists()


def test_saving_sets_the_house(admin: Client, house: House) -> None:
    response = admin.post(
        "/settings/",
        {**HOUSE, "deal_value": "1234.56", "banned_phrases": "  Circle   back \n\ncircle back\n"},
    )

    house.refresh_from_db()
    assert (house.deal_value_minor, house.banned_phrases) == (123456, ["circle back"])
    assert (response.status_code, messages_of(response)) == (302, ["Saved."])
    assert LedgerEvent.objects.get().kind == "house.changed"


def test_shares_are_typed_as_percentages(admin: Client, house: House) -> None:
    typed = {"seeded_share": "2.5", "catch_bar": "80", "audited_bar": "4", "trusted_bar": "0.5"}

    admin.post("/settings/", {**HOUSE, **typed, "policy_hold_seconds": "900"})

    house.refresh_from_db()
    kept = (house.seeded_share, house.catch_bar, house.audited_bar, house.trusted_bar)
    assert (kept, house.policy_hold_seconds) == ((0.025, 0.8, 0.04, 0.005), 900)
    shown = admin.get("/settings/").content.decode()
    assert [f'value="{value}"' in shown for value in ("2.5", "80", "4", "0.5", "900")] == [True] * 5


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"expire_hours": "23"}, "expire_hours", "A draft can't expire before it is due."),
        ({"hold_seconds": "3601"}, "hold_seconds", "less than or equal to 3600"),
        ({"hold_seconds": "-1"}, "hold_seconds", "greater than or equal to 0"),
        ({"policy_hold_seconds": "86401"}, "policy_hold_seconds", "less than or equal to 86400"),
        ({"seeded_share": "20.5"}, "seeded_share", "less than or equal to 20"),
        ({"seeded_share": "-1"}, "seeded_share", "greater than or equal to 0"),
        ({"seeded_share": "2.555"}, "seeded_share", "no more than 2 decimal places"),
        ({"catch_bar": "101"}, "catch_bar", "less than or equal to 100"),
        ({"audited_bar": "0"}, "audited_bar", "greater than or equal to 0.1"),
        ({"trusted_bar": "NaN"}, "trusted_bar", "Enter a number"),
        ({"trusted_bar": "6"}, "trusted_bar", "can't be easier to reach"),
        ({"label": ""}, "label", "required"),
        ({"deal_value": "1e99"}, "deal_value", "no more than"),
        ({"deal_value": "NaN"}, "deal_value", "Enter a number"),
        ({"currency": "XXX"}, "currency", "not one of the available choices"),
        ({"banned_phrases": "x" * 121}, "banned_phrases", "120 characters"),
        (
            {"banned_phrases": "\n".join(str(n) for n in range(1001))},
            "banned_phrases",
            "At most 1,000 phrases",
        ),
    ],
)
def test_what_can_not_be_is_told_beside_its_field(
    admin: Client, house: House, changes: dict[str, str], field: str, words: str
) -> None:
    response = admin.post("/settings/", {**HOUSE, **changes})

    house.refresh_from_db()
    assert response.status_code == 422
    assert words in " ".join(errors_in(response)[field])
    assert (house.label, house.expire_hours) == ("4C", 72)


def test_the_page_takes_the_same_statements_with_one_mailbox_and_three(admin: Client) -> None:
    make_mailbox(address="a@house.example")
    with statements() as one:
        admin.get("/settings/")
    for name in "bc":
        make_mailbox(address=f"{name}@house.example")
    with statements() as three:
        admin.get("/settings/")

    # session, person, roles, house, mailboxes, switches, what waits
    assert (len(one), len(three)) == (7, 7)


# Mailboxes ---------------------------------------------------------------------------------------


def test_a_mailbox_is_added(admin: Client) -> None:
    response = admin.post("/settings/mailboxes/add/", MAILBOX)

    mailbox = Mailbox.objects.get()
    assert (mailbox.address, mailbox.cap_ceiling, mailbox.authenticated) == (
        "ana@house.example",
        40,
        False,
    )
    assert response.headers["Location"] == "/settings/"
    assert messages_of(response) == ["Mail can leave from ana@house.example now."]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"address": "nobody"}, "address"),
        ({"gap_max_s": "59"}, "__all__"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"warmup_started_on": "soon"}, "warmup_started_on"),
        ({"cap_ceiling": "-1"}, "cap_ceiling"),
        ({"sender_name": "Ana\nBcc: x@y.example"}, "sender_name"),
        ({"company": "x" * 121}, "company"),
    ],
)
def test_a_mailbox_that_can_not_be_is_refused(
    admin: Client, changes: dict[str, str], field: str
) -> None:
    response = admin.post("/settings/mailboxes/add/", {**MAILBOX, **changes})

    assert (response.status_code, list(errors_in(response))) == (422, [field])
    assert not Mailbox.objects.exists()


def test_an_address_that_is_there_is_not_added_again(admin: Client) -> None:
    make_mailbox(address="ana@house.example")

    response = admin.post("/settings/mailboxes/add/", MAILBOX)

    assert list(errors_in(response)) == ["address"]


def test_a_mailbox_is_changed(admin: Client) -> None:
    mailbox = make_mailbox()

    admin.post(f"/settings/mailboxes/{mailbox.pk}/", {**MAILBOX, "authenticated": "on"})

    mailbox.refresh_from_db()
    assert (mailbox.address, mailbox.gap_max_s) == ("ana@house.example", 300)


def test_a_refused_change_leaves_the_page_as_it_was(admin: Client) -> None:
    mailbox = make_mailbox(address="before@house.example")

    response = admin.post(f"/settings/mailboxes/{mailbox.pk}/", {**MAILBOX, "gap_max_s": "0"})

    assert response.status_code == 422
    assert "How does before@house.example send?" in response.content.decode()
    mailbox.refresh_from_db()
    assert mailbox.address == "before@house.example"


def test_a_mailbox_is_paused_for_a_reason_and_resumed(admin: Client) -> None:
    mailbox = make_mailbox()
    address = f"/settings/mailboxes/{mailbox.pk}/"

    refused = admin.post(f"{address}pause/", {"reason": ""})
    admin.post(f"{address}pause/", {"reason": "Too many <b>bounces</b>"})
    paused = admin.get(address).content.decode()
    admin.post(f"{address}resume/")

    assert messages_of(refused) == ["Pausing a mailbox needs a reason."]
    assert "Too many &lt;b&gt;bounces&lt;/b&gt;" in paused
    mailbox.refresh_from_db()
    assert mailbox.paused_at is None


@pytest.mark.parametrize("act", ["", "pause/", "resume/"])
def test_a_mailbox_that_there_is_not_is_not_found(admin: Client, act: str) -> None:
    assert admin.post(f"/settings/mailboxes/99/{act}").status_code == 404
