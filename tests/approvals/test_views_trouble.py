from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from approvals.models import Send, SendState
from revenue.access import Role
from revenue.connectors.local_mailbox import new_key
from revenue.models import LedgerEvent
from tests.support.rows import installed, make_account, make_contact, make_draft, make_send
from tests.support.visits import messages_of, statements, visit_as

pytestmark = pytest.mark.django_db

TROUBLE = "/approvals/trouble/"


@pytest.fixture(autouse=True)
def house() -> None:
    installed()


@pytest.fixture
def founder() -> Client:
    return visit_as(Role.FOUNDER)


def troubled(state: SendState, business: str = "Harbour Physio", **fields: Any) -> Send:
    draft = make_draft(make_contact(make_account(name=business)))
    send = make_send(draft, state=state)
    Send.objects.filter(pk=send.pk).update(**fields)
    return send


def state_of(send: Send) -> str:
    send.refresh_from_db()
    return send.state


def test_page_without_troubles_says_so(founder: Client) -> None:
    make_send(state=SendState.SENT)

    assert "Delivery has no problems" in founder.get(TROUBLE).content.decode()


@pytest.mark.parametrize(
    ("state", "title"),
    [
        (SendState.UNCERTAIN, "Nobody knows whether it arrived"),
        (SendState.FAILED, "Given up"),
        (SendState.REVOKED, "Withdrawn before it left"),
        (SendState.STALE, "Overtaken by events"),
    ],
)
def test_each_state_stands_with_its_reason(state: SendState, title: str, founder: Client) -> None:
    send = troubled(state, "Harbour <b>", state_reason="The server said <no>")

    html = founder.get(TROUBLE).content.decode()

    assert title in html
    assert "The server said &lt;no&gt;" in html
    assert "Harbour &lt;b&gt;" in html
    assert (f"/approvals/{send.pk}/resolve" in html) is (state == SendState.UNCERTAIN)
    assert (f"/approvals/{send.pk}/reopen" in html) is (state != SendState.UNCERTAIN)


def test_only_the_newest_are_shown_with_a_way_to_all(
    founder: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("approvals.presenting.troubles.EACH", 1)
    troubled(SendState.FAILED)
    troubled(SendState.FAILED)

    html = founder.get(TROUBLE).content.decode()

    assert html.count("Harbour Physio</bdi>") == 1
    assert 'href="/approvals/?state=failed"' in html


@pytest.mark.parametrize("number", [1, 3])
def test_page_takes_the_same_statements_for_one_and_three(number: int, founder: Client) -> None:
    for _ in range(number):
        troubled(SendState.UNCERTAIN)
    founder.get(TROUBLE)

    with statements() as found:
        founder.get(TROUBLE)

    assert len(found) == 6


def test_admin_sees_troubles_without_buttons() -> None:
    send = troubled(SendState.UNCERTAIN)

    html = visit_as(Role.ADMIN).get(TROUBLE).content.decode()

    assert "Harbour Physio" in html
    assert f"/approvals/{send.pk}/resolve" not in html


@pytest.mark.parametrize(
    ("answer", "state"), [("arrived", SendState.SENT), ("lost", SendState.APPROVED)]
)
def test_word_of_a_person_settles_it(answer: str, state: SendState, founder: Client) -> None:
    send = troubled(SendState.UNCERTAIN)

    form = {"answer": answer, "note": "She rang back"}
    response = founder.post(f"/approvals/{send.pk}/resolve", form)

    told = LedgerEvent.objects.get(subject=f"send:{send.pk}", kind="send.resolved")
    assert (response["Location"], state_of(send)) == (TROUBLE, state)
    assert told.data["note"] == "She rang back"


@pytest.mark.parametrize("form", [{}, {"answer": "perhaps"}, {"answer": "lost", "note": "a\x00"}])
def test_unusable_word_settles_nothing(form: dict[str, str], founder: Client) -> None:
    send = troubled(SendState.UNCERTAIN)

    founder.post(f"/approvals/{send.pk}/resolve", form)

    assert state_of(send) == SendState.UNCERTAIN


def test_second_word_is_told_that_it_is_settled(founder: Client) -> None:
    send = troubled(SendState.SENT)

    response = founder.post(f"/approvals/{send.pk}/resolve", {"answer": "lost"})

    assert messages_of(response) == ["It is settled already: Sent."]
    assert state_of(send) == SendState.SENT


@pytest.mark.parametrize("name", ["resolve", "look-up"])
def test_unknown_send_is_not_found(name: str, founder: Client, settings: Any) -> None:
    settings.DEMO = True

    assert founder.post(f"/approvals/4711/{name}", {"answer": "lost"}).status_code == 404


# Looking it up in the demo's mailbox -------------------------------------------------------------


def keep(folder: Path, message_id: str | None) -> None:
    content = f"Message-ID: {message_id}\r\nSubject: x\r\n\r\nHi".encode()
    (folder / f"{new_key(content)}.eml").write_bytes(content)


def test_found_in_the_mailbox_counts_as_sent(
    founder: Client, settings: Any, tmp_path: Path
) -> None:
    settings.DEMO, settings.MAILBOX_DIR = True, tmp_path
    send = troubled(SendState.UNCERTAIN)
    keep(tmp_path, send.message_id)

    founder.post(f"/approvals/{send.pk}/look-up")

    assert state_of(send) == SendState.SENT


def test_not_found_in_the_mailbox_is_left_to_the_person(
    founder: Client, settings: Any, tmp_path: Path
) -> None:
    settings.DEMO, settings.MAILBOX_DIR = True, tmp_path
    send = troubled(SendState.UNCERTAIN)
    keep(tmp_path, "<another@hollow-oak.example>")

    response = founder.post(f"/approvals/{send.pk}/look-up")

    assert state_of(send) == SendState.UNCERTAIN
    assert "does not hold it" in messages_of(response)[0]


def test_mailbox_is_not_asked_outside_the_demo(founder: Client) -> None:
    send = troubled(SendState.UNCERTAIN)

    assert founder.post(f"/approvals/{send.pk}/look-up").status_code == 404
    assert "look-up" not in founder.get(TROUBLE).content.decode()
