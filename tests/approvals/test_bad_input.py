"""What strangers, spoilt forms and other people's lists send: a clear answer, nothing half done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from approvals.delivery.sending import OWN_SMTP, deliver_due
from approvals.intake import take_in
from approvals.models import Bulk, Decision, Revision, Send, SendState
from revenue.access import Role
from revenue.actors import Actor
from revenue.agents.drafts import draft_due
from revenue.models import Contact, Effect, House, LedgerEvent
from tests.approvals.waiting import PART, decision, waiting_send, with_text
from tests.faults.sends import open_hours
from tests.revenue.pipeline.support import account_of, imported
from tests.support.hearing import hear
from tests.support.rows import installed, judge_account, make_send
from tests.support.smtp_server import SmtpServer
from tests.support.visits import visit_as

pytestmark = pytest.mark.django_db

QUEUE = "/approvals/"
MARKUP = "<img src=x onerror=alert(7)>"
ACCOUNTS = f'record_id,name,city,region,country\n1,"Harbour {MARKUP}\r\nX-Evil: 1",Langley,BC,CA\n'
CONTACTS = (
    "email,name,role,account_source,account_record_id,consent,published_url,published_at\n"
    f'dana@harbour.example,"A\r\nBcc: x@evil.example",Owner {MARKUP},accounts,1,'
    "implied_published,https://harbour.example/contact,2026-10-01\n"
)


@pytest.fixture(autouse=True)
def house() -> None:
    installed(now=timezone.now())


@pytest.fixture
def founder() -> Client:
    return visit_as(Role.FOUNDER)


@pytest.fixture
def server(settings: Any) -> Iterator[SmtpServer]:
    with SmtpServer() as running:
        settings.EMAIL_BACKEND = OWN_SMTP
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        yield running


# From a hostile list to the wire -----------------------------------------------------------------


def drafted() -> Send:
    """The send to the one contact of the hostile list."""
    imported(ACCOUNTS)
    imported(CONTACTS, "contacts")
    judge_account(account_of("1"), Effect.ALLOW)
    assert draft_due(now=timezone.now(), limit=1) == 1
    hear(take_in)
    return Send.objects.get()


def test_line_breaks_of_a_list_become_no_header(founder: Client, server: SmtpServer) -> None:
    open_hours()
    House.objects.update(hold_seconds=0)
    send = drafted()
    assert Contact.objects.get().name == "A Bcc: x@evil.example"
    assert founder.post(f"{QUEUE}{send.pk}/decide", decision(send)).status_code == 302

    assert deliver_due(by=Actor.system("test"), clock=timezone.now) == 1

    (kept,) = server.kept
    assert kept.recipients == ("dana@harbour.example",)
    assert {"bcc", "cc", "x-evil"}.isdisjoint(name.lower() for name in kept.message)
    assert [address.addr_spec for address in kept.message["To"].addresses] == [
        "dana@harbour.example"
    ]
    assert kept.message["Message-ID"] == send.message_id


def test_markup_of_a_list_is_shown_as_text(founder: Client) -> None:
    send = drafted()

    pages = {
        url: founder.get(url).content.decode()
        for url in (
            QUEUE,
            f"{QUEUE}{send.pk}/",
            f"{QUEUE}{send.pk}/edit",
            f"{QUEUE}{send.pk}/rules",
            f"{QUEUE}{send.pk}/history",
            "/accounts/",
            f"/accounts/{send.account_id}/",
            f"/contacts/{send.contact_id}/",
        )
    }

    assert [url for url, html in pages.items() if "<img src=x" in html] == []
    assert "&lt;img src=x onerror=alert(7)&gt;" in pages[f"/accounts/{send.account_id}/"]
    assert "&lt;img src=x onerror=alert(7)&gt;" in pages[f"{QUEUE}{send.pk}/"]


def test_markup_that_was_typed_is_text_in_both_parts_of_the_mail(
    founder: Client, server: SmtpServer
) -> None:
    open_hours()
    House.objects.update(hold_seconds=0)
    send = waiting_send()
    form = {"revision": send.revision_id, "subject": f"Six {MARKUP}", "body": f"Hi\n\n{MARKUP}"}
    founder.post(f"{QUEUE}{send.pk}/edit", {**form, "then": "approve"})

    deliver_due(by=Actor.system("test"), clock=timezone.now)

    (kept,) = server.kept
    html = kept.message.get_body(("html",))
    plain = kept.message.get_body(("plain",))
    assert html is not None
    assert plain is not None
    assert "<img" not in html.get_content()
    assert "&lt;img src=x" in html.get_content()
    assert MARKUP in plain.get_content()
    assert kept.message["Subject"] == f"Six {MARKUP}"


def test_subject_with_a_header_in_it_is_refused_and_nothing_is_sent(founder: Client) -> None:
    send = waiting_send()
    form = {"revision": send.revision_id, "subject": "Six\r\nBcc: x@evil.example", "body": "Hi"}

    response = founder.post(f"{QUEUE}{send.pk}/edit", {**form, "then": "approve"}, headers=PART)

    assert response.status_code == 422
    assert "line break or a control character" in response.content.decode()
    assert nothing_done(send)


# Spoilt and tampered forms -----------------------------------------------------------------------


def nothing_done(*sends: Send) -> bool:
    """Whether each still waits with its first text, undecided and unrecorded."""
    kinds = set(LedgerEvent.objects.values_list("kind", flat=True))
    return (
        set(Send.objects.values_list("state", flat=True)) == {SendState.PENDING}
        and Revision.objects.count() == len(sends)
        and not Decision.objects.exists()
        and not Bulk.objects.exists()
        and not kinds & {"send.approved", "send.edited", "send.snoozed", "bulk.ordered"}
    )


def forms_of(send: Send) -> dict[str, dict[str, Any]]:
    """Every form of a pending send that does something, as its page would post it."""
    seen = {"revision": send.revision_id}
    return {
        f"{QUEUE}{send.pk}/decide": {**seen, "choice": "approve"},
        f"{QUEUE}{send.pk}/edit": {**seen, "subject": "Six", "body": "Hi Dana", "then": "approve"},
        f"{QUEUE}{send.pk}/snooze": {**seen, "preset": "monday"},
        f"{QUEUE}bulk": {"choice": "approve", "ids": send.pk},
    }


def test_every_form_works_when_nothing_is_wrong_with_it(founder: Client) -> None:
    for number in range(4):
        send = waiting_send()
        url, form = list(forms_of(send).items())[number]

        founder.post(url, form)

        send.refresh_from_db()
        assert send.state != SendState.PENDING, url


def test_forms_without_a_token_do_nothing() -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = visit_as(Role.FOUNDER).cookies
    send = waiting_send()
    others = [f"{QUEUE}{send.pk}/{name}" for name in ("undo", "reopen", "resolve", "look-up")]

    statuses = {client.post(url, form).status_code for url, form in forms_of(send).items()}
    statuses |= {client.post(url).status_code for url in [*others, f"{QUEUE}bulk/1/undo"]}

    assert statuses == {403}
    assert nothing_done(send)


@pytest.mark.parametrize("place", range(4))
def test_oversized_posts_are_refused_with_a_page_that_says_so(place: int, founder: Client) -> None:
    send = waiting_send()
    url, form = list(forms_of(send).items())[place]

    long = founder.post(url, {**form, "reason": "x" * 1_100_000})
    many = founder.post(url, {**form, **{f"f{number}": "x" for number in range(2001)}})

    for response in (long, many):
        assert response.status_code == 400
        assert "too large" in response.content.decode()
    assert nothing_done(send)


@pytest.mark.parametrize("place", range(3))
def test_revision_of_another_send_is_none_of_this_one(place: int, founder: Client) -> None:
    send, other = waiting_send(), waiting_send()
    url, form = list(forms_of(send).items())[place]

    response = founder.post(url, {**form, "revision": other.revision_id}, headers=PART)

    assert response.status_code == 409
    assert "The text has changed" in response.content.decode()
    assert nothing_done(send, other)


@pytest.mark.parametrize("place", range(3))
def test_revision_that_stands_no_more_is_refused(place: int, founder: Client) -> None:
    send = waiting_send()
    url, form = list(forms_of(send).items())[place]
    with_text(send, body="Somebody else's text")

    response = founder.post(url, form, headers=PART)

    send.refresh_from_db()
    assert response.status_code == 409
    assert (send.state, Revision.objects.count()) == (SendState.PENDING, 2)
    assert not Decision.objects.exists()


SPOILT_NUMBERS = ["", "x", "-1", "0", "1e3", "9" * 19, "9" * 40, "0" * 25 + "9" * 5000]


@pytest.mark.parametrize("number", SPOILT_NUMBERS)
@pytest.mark.parametrize("place", range(3))
def test_spoilt_revision_is_no_error_of_ours(place: int, number: str, founder: Client) -> None:
    send = waiting_send()
    url, form = list(forms_of(send).items())[place]

    response = founder.post(url, {**form, "revision": number}, headers=PART)

    assert response.status_code in {409, 422}
    assert nothing_done(send)


@pytest.mark.parametrize("number", [number for number in SPOILT_NUMBERS if number])
def test_spoilt_ids_of_a_bulk_order_are_dropped(number: str, founder: Client) -> None:
    send = waiting_send()

    response = founder.post(f"{QUEUE}bulk", {"choice": "approve", "ids": number})

    assert response.status_code == 422
    assert nothing_done(send)


@pytest.mark.parametrize("number", ["0", str(2**63 - 1), str(2**63), "9" * 40])
def test_number_of_no_send_is_not_found(number: str, founder: Client) -> None:
    send = waiting_send()
    names = ("", "rules", "history", "edit")
    posts = ("decide", "edit", "snooze", "undo", "reopen", "resolve")
    form = {"choice": "approve", "revision": "1", "preset": "monday", "answer": "arrived"}

    statuses = {founder.get(f"{QUEUE}{number}/{name}").status_code for name in names}
    statuses |= {founder.post(f"{QUEUE}{number}/{name}", form).status_code for name in posts}

    assert statuses == {404}
    assert nothing_done(send)


@pytest.mark.parametrize(
    "until",
    ["9999-12-31T23:59", "9999-12-31T23:59:59+00:00", "10000-01-01T00:00", "2030-02-30T08:00"],
)
def test_snooze_beyond_all_time_is_refused(until: str, founder: Client) -> None:
    send = waiting_send()

    form = {"revision": send.revision_id, "until": until}
    response = founder.post(f"{QUEUE}{send.pk}/snooze", form, headers=PART)

    assert response.status_code in {409, 422}
    assert "Choose a time" in response.content.decode()
    assert nothing_done(send)


def test_recipient_in_a_form_is_not_read(founder: Client) -> None:
    send = waiting_send()
    other = waiting_send()
    url, form = list(forms_of(send).items())[1]
    foreign = {"to_address": "x@evil.example", "contact": other.contact_id, "send": other.pk}

    founder.post(url, {**form, **foreign, "account": other.account_id, "token": other.token})

    decided = Send.objects.get(state=SendState.APPROVED)
    assert (decided.pk, decided.to_address, decided.contact_id, decided.account_id) == (
        send.pk,
        send.to_address,
        send.contact_id,
        send.account_id,
    )


def test_words_about_an_uncertain_send_are_needed_and_once(founder: Client) -> None:
    send = make_send(state=SendState.UNCERTAIN)

    for answer in ("", "maybe", "arrived\x00"):
        founder.post(f"{QUEUE}{send.pk}/resolve", {"answer": answer})

    send.refresh_from_db()
    assert send.state == SendState.UNCERTAIN


@pytest.mark.parametrize("token", ["x", "a" * 500, "%00", "..%2f", "%F0%9F%92%A9", "<b>"])
def test_unknown_token_unsubscribes_nobody_and_is_not_echoed(token: str) -> None:
    waiting_send()

    response = Client(enforce_csrf_checks=True).post(f"/u/{token}")

    assert response.status_code == 404
    assert not re.search(r"<b>|a{50}", response.content.decode())
    assert not LedgerEvent.objects.filter(kind="suppression.added").exists()
