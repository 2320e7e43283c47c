from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from approvals.models import Decision, EditClass, Revision, Send, SendState
from revenue.access import Role
from tests.approvals.waiting import PART, decision, waiting_send, with_text
from tests.support.rows import installed, make_send
from tests.support.visits import messages_of, visit_as

pytestmark = pytest.mark.django_db

QUEUE = "/approvals/"


@pytest.fixture(autouse=True)
def house() -> None:
    installed()


@pytest.fixture
def founder() -> Client:
    return visit_as(Role.FOUNDER)


def save(client: Client, send: Send, **fields: str) -> Any:
    """Post the form as it stands, but for ``fields``."""
    assert send.revision is not None
    form = {
        "revision": str(send.revision_id),
        "subject": send.revision.subject,
        "body": send.revision.body,
        "then": "look",
    }
    return client.post(f"{QUEUE}{send.pk}/edit", form | fields, headers=PART)


def standing(send: Send) -> Revision:
    send.refresh_from_db()
    assert send.revision is not None
    return send.revision


def test_form_holds_the_standing_text_and_keeps_what_is_typed(founder: Client) -> None:
    send = waiting_send()

    html = founder.get(f"{QUEUE}{send.pk}/edit", headers=PART).content.decode()

    assert "The phone at half past five" in html
    assert f'data-keep="edit:{send.pk}:{send.revision_id}"' in html
    assert "an edit can&#x27;t change that" in html or "an edit can't change that" in html
    assert f'hx-post="{QUEUE}{send.pk}/decide"' not in html


def test_form_of_a_decided_send_leads_to_its_page(founder: Client) -> None:
    send = make_send(state=SendState.SENT)

    response = founder.get(f"{QUEUE}{send.pk}/edit")

    assert (response.status_code, response["Location"]) == (302, f"{QUEUE}{send.pk}/")


def test_save_makes_a_revision_and_shows_the_difference(founder: Client) -> None:
    send = waiting_send()

    response = save(founder, send, subject="The phone at six")

    html = response.content.decode()
    revision = standing(send)
    assert (revision.number, revision.subject) == (2, "The phone at six")
    assert revision.edit_class == EditClass.COSMETIC
    assert "Changed against the agent" in html
    assert "<del>half</del>" in html or "<del>half past five</del>" in html
    assert f'value="{revision.pk}"' in html
    assert send.state == SendState.PENDING


def test_save_checks_claims_again(founder: Client) -> None:
    send = waiting_send()
    assert send.revision is not None

    body = f"{send.revision.body}\n\nYou have 14 treatment rooms and the best reviews in town."
    html = save(founder, send, body=body).content.decode()

    assert "Not supported" in html
    assert "A claim without evidence" in html
    assert standing(send).edit_class == EditClass.CLAIM


def test_same_text_makes_no_revision(founder: Client) -> None:
    send = waiting_send()

    save(founder, send)

    assert standing(send).number == 1


def test_save_and_approve_approves_what_was_typed(founder: Client) -> None:
    send, following = waiting_send(), waiting_send()

    response = save(founder, send, subject="The phone at six", then="approve", visible_ms="9000")

    revision = standing(send)
    made = Decision.objects.get(send=send)
    assert (send.state, made.revision_id, made.visible_ms) == ("approved", revision.pk, 9000)
    assert revision.subject == "The phone at six"
    assert f'data-send="{following.pk}"' in response.content.decode()


def test_save_without_script_leads_back_with_a_message(founder: Client) -> None:
    send = waiting_send()
    form = {"revision": str(send.revision_id), "subject": "Six", "body": "Hi Dana,\n\nReply MAP."}

    response = founder.post(f"{QUEUE}{send.pk}/edit", form)

    assert (response.status_code, response["Location"]) == (302, f"{QUEUE}{send.pk}/")
    assert messages_of(response) == ["Saved. The claims and the copy have been checked again."]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"subject": ""}, "This field is required"),
        ({"subject": "   "}, "The subject is empty"),
        ({"subject": "x" * 201}, "at most 200 characters"),
        ({"subject": "Hello\nBcc: all@example.com"}, "a line break or a control character"),
        ({"subject": "Hello\x00"}, "Null characters are not allowed"),
        ({"body": " \n "}, "The text is empty"),
        ({"body": "x" * 20_001}, "at most 20000 characters"),
        ({"body": "a\x07b"}, "control character"),
        ({"revision": "x"}, "not complete"),
    ],
)
def test_unusable_text_is_refused_and_kept(
    fields: dict[str, str], words: str, founder: Client
) -> None:
    send = waiting_send()

    response = save(founder, send, **{"body": "Kept words", **fields})

    html = response.content.decode()
    assert response.status_code == 422
    assert words in html
    assert ("Kept words" in html) is ("body" not in fields)
    assert standing(send).number == 1


def test_edit_after_the_decision_keeps_the_words(founder: Client) -> None:
    send = waiting_send()
    other = visit_as(Role.FOUNDER, first_name="Tomas", last_name="Lind")
    other.post(f"{QUEUE}{send.pk}/decide", decision(send))

    response = save(founder, send, body="My precious text")

    html = response.content.decode()
    assert response.status_code == 409
    assert "Tomas Lind" in html
    assert "My precious text" in html
    assert standing(send).number == 1


def test_edit_of_an_older_text_can_still_be_saved_over_the_newer(founder: Client) -> None:
    send = waiting_send()
    seen = send.revision_id
    with_text(send, body="Somebody else's text")

    response = save(founder, send, revision=str(seen), body="My precious text")

    html = response.content.decode()
    assert response.status_code == 409
    assert "The text has changed" in html
    assert "My precious text" in html
    assert "Somebody else&#x27;s text" in html
    assert f'name="revision" value="{send.revision_id}"' in " ".join(html.split())
    assert standing(send).body == "Somebody else's text"


def test_fields_of_the_recipient_are_ignored(founder: Client) -> None:
    send = waiting_send()
    address = send.to_address

    save(founder, send, subject="Six", to_address="x@else.example", from_address="y@else.example")

    assert standing(send).from_address == "ana@hollow-oak.example"
    assert send.to_address == address


def test_markup_typed_is_escaped_and_a_blocking_fault(founder: Client) -> None:
    send = waiting_send()

    html = save(founder, send, body="Hi,\n\n<script>alert(1)</script>").content.decode()

    assert "<script>alert" not in html
    assert "A fault in the copy" in html
