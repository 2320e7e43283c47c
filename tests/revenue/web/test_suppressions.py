"""The suppression list in the browser."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from revenue.access import Role
from revenue.actors import Actor
from revenue.conversation.suppression import forget, is_suppressed, suppress
from revenue.models import LedgerEvent, Suppression, SuppressionKind, SuppressionReason
from tests.support.rows import NOW, make_account
from tests.support.visits import messages_of, statements, visit_as

pytestmark = pytest.mark.django_db

BY = Actor("person", "7")
ADDRESS, DOMAIN, ACCOUNT = SuppressionKind


@pytest.fixture
def founder() -> Client:
    return visit_as(Role.FOUNDER)


def put(kind: SuppressionKind, value: str, *, minutes: int = 0, note: str = "") -> Suppression:
    return suppress(
        kind=kind, value=value, reason=SuppressionReason.ASKED, by=BY, note=note,
        now=NOW + timedelta(minutes=minutes),
    )  # fmt: skip


def whom(page: str) -> list[str]:
    """The first cell of each row."""
    cells = re.findall(r'<th[^>]*scope="row"[^>]*>(.*?)</th>', page, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", cell).strip() for cell in cells]


def listed(client: Client, query: str = "") -> list[str]:
    return whom(client.get(f"/suppressions/{query}").content.decode())


# The list ----------------------------------------------------------------------------------------


def test_entries_stand_latest_first(founder: Client) -> None:
    put(ADDRESS, "a@b.example")
    put(DOMAIN, "c.example", minutes=1)

    assert listed(founder) == ["c.example", "a@b.example"]


def test_an_account_is_named(founder: Client) -> None:
    put(ACCOUNT, str(make_account(name="Hill & Sons").pk))

    assert listed(founder) == ["Hill &amp; Sons"]


def test_a_forgotten_entry_shows_its_digest_alone(founder: Client) -> None:
    entry = put(ADDRESS, "a@b.example")
    forget(kind=ADDRESS, value="a@b.example", by=BY, now=NOW)

    assert listed(founder) == [f"Deleted, digest {entry.digest[:12]}"]


def test_lifted_entries_stand_apart_with_their_reason(founder: Client) -> None:
    entry = put(ADDRESS, "a@b.example")
    founder.post(f"/suppressions/{entry.pk}/lift/", {"reason": "They <i>wrote</i> to us"})

    assert listed(founder) == []
    assert listed(founder, "?state=lifted") == ["a@b.example"]
    page = founder.get("/suppressions/?state=lifted").content.decode()
    assert "They &lt;i&gt;wrote&lt;/i&gt; to us" in page


def test_pages_meet_without_gap_or_overlap(founder: Client) -> None:
    for number in range(60):
        put(DOMAIN, f"d{number}.example", minutes=number // 7)

    first = founder.get("/suppressions/").content.decode()
    older = re.search(r'href="(\?before=[^"]+)"', first)
    assert older is not None
    second = listed(founder, older[1])

    assert sorted(whom(first) + second) == sorted(f"d{number}.example" for number in range(60))
    assert (len(whom(first)), len(second)) == (50, 10)


@pytest.mark.parametrize("before", ["x", "~", "2026-11-18~1", f"{NOW.isoformat()}~{2**70}", "%00"])
def test_a_place_that_there_is_not_is_the_first_page(founder: Client, before: str) -> None:
    put(DOMAIN, "c.example")

    assert listed(founder, f"?before={before.replace('+', '%2B')}") == ["c.example"]


def test_the_page_takes_the_same_statements_with_one_entry_and_three(founder: Client) -> None:
    put(ACCOUNT, str(make_account().pk))
    with statements() as one:
        listed(founder)
    put(ACCOUNT, str(make_account().pk))
    put(DOMAIN, "c.example")
    with statements() as three:
        listed(founder)

    # session, person, roles, entries, accounts; switches, what waits, names of people and seats
    assert (len(one), len(three)) == (9, 9)


# Looking up --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("a@b.example", ["a@b.example"]),
        (" A+tag@B.example ", ["a@b.example"]),
        ("x@mail.c.example", ["c.example"]),
        ("mail.c.example", ["c.example"]),
        ("@c.example", ["c.example"]),
        ("b.example", []),
        ("nobody@else.example", []),
        ("not an address", []),
    ],
)
def test_looking_up_finds_what_forbids_mail_there(
    founder: Client, typed: str, expected: list[str]
) -> None:
    put(ADDRESS, "a@b.example")
    put(DOMAIN, "c.example")

    page = founder.post("/suppressions/find/", {"value": typed}).content.decode()

    assert whom(page) == expected
    assert ("Nobody writes there." in page) == bool(expected)
    assert ("Nothing on the list forbids mail there." in page) != bool(expected)


def test_looking_up_an_account_by_its_number(founder: Client) -> None:
    account = make_account(name="Hill")
    put(ACCOUNT, str(account.pk))

    page = founder.post("/suppressions/find/", {"value": str(account.pk)}).content.decode()

    assert whom(page) == ["Hill"]


def test_looking_up_nothing_is_refused(founder: Client) -> None:
    assert founder.post("/suppressions/find/", {"value": " "}).status_code == 422


def test_an_address_can_not_be_looked_up_by_a_link(founder: Client) -> None:
    assert founder.get("/suppressions/find/?value=a@b.example").status_code == 405


# Adding and lifting ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [("address", " A@B.example", "a@b.example"), ("domain", "*.C.example", "c.example")],
)
def test_somebody_is_put_on_the_list(founder: Client, kind: str, value: str, kept: str) -> None:
    response = founder.post(
        "/suppressions/", {"kind": kind, "value": value, "reason": "asked", "note": "By phone"}
    )

    entry = Suppression.objects.get()
    assert (entry.value, entry.reason, entry.note) == (kept, "asked", "By phone")
    assert response.headers["Location"] == "/suppressions/"


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("address", "nobody", "This is not an address."),
        ("address", "a@b.example\nBcc: c@d.example", "be the address of anybody"),
        ("domain", "nothing", "This is not a domain."),
        ("account", "9999", "There is no account of this number."),
        ("account", "9" * 19, "There is no account of this number."),
        ("account", "x", "This is not the number of an account."),
        ("planet", "a@b.example", "Select a valid choice"),
        ("address", "", "This field is required."),
    ],
)
def test_what_can_not_be_on_the_list_is_told(
    founder: Client, kind: str, value: str, words: str
) -> None:
    response = founder.post("/suppressions/", {"kind": kind, "value": value, "reason": "asked"})

    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Suppression.objects.exists()


def test_a_link_may_bring_an_account(founder: Client) -> None:
    page = founder.get("/suppressions/?account=12").content.decode()

    assert '<option value="account" selected>' in page
    assert 'value="12"' in page


def test_lifting_needs_a_reason(founder: Client) -> None:
    entry = put(ADDRESS, "a@b.example")

    response = founder.post(f"/suppressions/{entry.pk}/lift/", {"reason": " "})

    assert messages_of(response) == ["Lifting a suppression needs a reason."]
    assert listed(founder) == ["a@b.example"]


def test_lifting_twice_is_told(founder: Client) -> None:
    entry = put(ADDRESS, "a@b.example")
    founder.post(f"/suppressions/{entry.pk}/lift/", {"reason": "Fine"})

    response = founder.post(f"/suppressions/{entry.pk}/lift/", {"reason": "Again"})

    assert messages_of(response)[-1] == "There is no such entry, or it has been lifted already."


# Files -------------------------------------------------------------------------------------------


def upload(client: Client, content: bytes) -> str:
    file = SimpleUploadedFile("list.csv", content, "text/csv")
    response = client.post("/suppressions/import/", {"file": file})
    assert response.status_code == 200
    page: str = response.content.decode()
    return page


def test_a_file_is_imported_and_its_faults_are_shown(founder: Client, settings: Settings) -> None:
    page = upload(founder, b"value,kind\na@b.example,\nc.example,domain\nno <i>such</i>,address\n")

    assert set(Suppression.objects.values_list("value", flat=True)) == {"a@b.example", "c.example"}
    assert re.findall(r'<span class="num strong">(\d+)</span>', page) == ["2", "0", "1"]
    assert "be the address of anybody" in page
    key = settings.SUPPRESSION_KEY
    assert is_suppressed(address="a@b.example", account_id=None, key=key)


def test_a_file_that_django_keeps_on_disk_is_imported_too(
    founder: Client, settings: Settings
) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 100

    upload(founder, b"".join(b"%d@b.example\n" % number for number in range(50)))

    assert Suppression.objects.count() == 50


def test_a_file_that_is_too_large_is_refused(founder: Client) -> None:
    file = SimpleUploadedFile("list.csv", b"a@b.example\n" + b"\n" * 5_000_000)

    response = founder.post("/suppressions/import/", {"file": file})

    assert messages_of(response)[0].startswith("A file may have 5 MB")
    assert not Suppression.objects.exists()


def test_importing_without_a_file_is_told(founder: Client) -> None:
    response = founder.post("/suppressions/import/")

    assert messages_of(response) == ["Choose a CSV file first."]


def test_an_export_comes_back_by_an_import(founder: Client) -> None:
    put(ADDRESS, "a@b.example", note="=1+1")
    put(DOMAIN, "c.example")

    response = founder.get("/suppressions/export/")
    content = response.getvalue()

    assert response.headers["Content-Disposition"].startswith("attachment")
    assert b"'=1+1" in content
    events = LedgerEvent.objects.count()
    page = upload(founder, content)
    assert re.findall(r'<span class="num strong">(\d+)</span>', page) == ["0", "2", "0"]
    assert LedgerEvent.objects.count() == events
