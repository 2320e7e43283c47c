"""The page of what leaves without a click."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch
from urllib.parse import unquote

import pytest
from django.test import Client
from django.utils import timezone

from approvals.models import Send, SendState
from approvals.presenting import holds
from revenue.access import Role
from tests.approvals.granting import granted, opened
from tests.approvals.waiting import PART
from tests.support.rows import installed, make_account, make_contact, make_draft, make_send
from tests.support.visits import messages_of, statements, visit_as

pytestmark = pytest.mark.django_db
HOLD = "/approvals/hold/"
STOP = "/approvals/hold/stop"


@pytest.fixture(autouse=True)
def house() -> None:
    installed(now=timezone.now())
    granted(3)


@pytest.fixture
def founder() -> Client:
    return visit_as(Role.FOUNDER)


def held(business: str = "Harbour Physio") -> Send:
    account = make_account(name=business)
    return opened(make_draft(make_contact(account)), now=timezone.now())


def shown(client: Client, query: str = "") -> str:
    return client.get(f"{HOLD}{query}").content.decode()


def test_empty_hold_says_what_will_stand_here(founder: Client) -> None:
    make_send(state=SendState.APPROVED)

    page = shown(founder)

    assert "Nothing leaves without a click" in page
    assert STOP not in page


def test_row_tells_whom_what_by_which_level_and_when(founder: Client) -> None:
    send = held("Harbour <b>")

    page = shown(founder)

    assert "Harbour &lt;b&gt;" in page
    assert "Dana Whitfield" in page
    assert "The phone at half past five" in page
    assert "<bdi>Everything</bdi>" in page
    assert 'class="countdown"' in page
    assert f'href="/approvals/{send.pk}/?state=approved"' in page


def test_stop_brings_it_to_the_queue_with_a_link_to_it(founder: Client) -> None:
    send, other = held(), held()

    response = founder.post(STOP, {"send": send.pk})

    send.refresh_from_db()
    other.refresh_from_db()
    assert (send.state, other.state) == (SendState.PENDING, SendState.APPROVED)
    assert (response.status_code, response.headers["Location"]) == (302, HOLD)
    (message,) = messages_of(response)
    assert f'<a href="/approvals/{send.pk}/">Decide it</a>' in message


def test_stop_all_stops_all(founder: Client) -> None:
    sends = [held(), held()]

    response = founder.post(STOP, {"send": "all"})

    assert messages_of(response) == ["Stopped 2. They wait for a decision now."]
    assert {Send.objects.get(pk=send.pk).state for send in sends} == {SendState.PENDING}


def test_too_late_to_stop_is_said(founder: Client) -> None:
    send = held()
    Send.objects.filter(pk=send.pk).update(attempts=1)

    response = founder.post(STOP, {"send": send.pk})

    assert messages_of(response) == ["Too late to undo. Approved, waiting to leave."]
    assert "tried already" in shown(founder)


@pytest.mark.parametrize("value", ["", "x", "-1", "99999999999999999999"])
def test_stop_of_nothing_changes_nothing(value: str, founder: Client) -> None:
    send = held()

    response = founder.post(STOP, {"send": value})

    assert response.status_code == 302
    send.refresh_from_db()
    assert send.state == SendState.APPROVED


def test_stop_of_a_mail_that_there_is_not(founder: Client) -> None:
    assert founder.post(STOP, {"send": 99}).status_code == 404


def test_admin_looks_and_does_not_stop() -> None:
    held()
    admin = visit_as(Role.ADMIN)

    assert STOP not in shown(admin)
    assert admin.post(STOP, {"send": "all"}).status_code == 403


def test_tabs_of_the_queue_lead_here_while_anything_is_held(founder: Client) -> None:
    before = founder.get("/approvals/").content.decode()
    held()
    after = founder.get("/approvals/").content.decode()

    assert HOLD not in before
    assert HOLD in after
    assert 'Leaving without a click <span class="num">1</span>' in after


def test_longer_list_goes_on_where_it_ended(founder: Client) -> None:
    with patch.object(holds, "PAGE", 2):
        sends = [held(f"Physio {number}") for number in range(3)]
        for number, send in enumerate(sends):
            leaves_at = timezone.now() + timedelta(minutes=5 - number)
            Send.objects.filter(pk=send.pk).update(leaves_at=leaves_at)
        first = holds.shown_hold(after="", decides=True)
        cursor = unquote(first["more_url"].partition("after=")[2])
        rest = holds.shown_hold(after=cursor, decides=True)

    assert [row["business"] for row in first["rows"]] == ["Physio 2", "Physio 1"]
    assert [row["business"] for row in rest["rows"]] == ["Physio 0"]
    assert rest["more_url"] == ""


def test_part_is_the_list_alone(founder: Client) -> None:
    held()

    part = founder.get(HOLD, headers=PART).content.decode()

    assert part.lstrip().startswith('<div id="hold"')


def test_page_takes_the_same_statements_with_one_row_and_three(founder: Client) -> None:
    held()
    with statements() as one:
        shown(founder)
    held()
    held()
    with statements() as three:
        shown(founder)

    # session, person, roles; rows, how many; the frame's switches and its count
    assert (len(one), len(three)) == (7, 7)
