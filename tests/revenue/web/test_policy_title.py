"""The title of the next version, typed in the browser."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from revenue.access import Role
from revenue.models import LedgerEvent, PolicyKind, PolicyVersion
from revenue.policies.conditions import TITLE_LENGTH
from revenue.policies.editing import Writing, keep_as_version, save_edit, writing
from revenue.policies.rearranging import titled
from revenue.policies.seeds import seed_policy
from revenue.policies.vocabulary import PolicyKind as Kind
from tests.support.rows import ADMIN, FOUNDER, NOW, publish_text
from tests.support.visits import messages_of, visit_as

pytestmark = pytest.mark.django_db

TITLE, TEXT = "/policies/icp/title/", "/policies/icp/text/"
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}
HOSTILE = "<b>{{ 7 }}\"'>"


@pytest.fixture
def client() -> Client:
    publish_text(seed_policy(Kind.ICP))
    return visit_as(Role.ADMIN)


def now_written() -> Writing:
    return writing(PolicyKind.ICP)


def typed(title: str, **changes: object) -> dict[str, object]:
    return {"title": title, "seen": now_written().seen, **changes}


def shown(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    return str(response.content.decode())


def test_the_title_opens_in_its_place_and_closes_again(client: Client) -> None:
    title = now_written().text.title

    opened = shown(client.get(TITLE, headers=PART))
    closed = shown(client.get(TITLE, {"closed": "1"}, headers=PART))

    assert f'value="{title}"' in opened
    assert "<html" not in opened + closed
    assert "<form" not in closed
    assert title in closed


def test_another_title_is_saved_seen_in_the_side_and_taken_back(client: Client) -> None:
    before = now_written().text.title

    page = shown(client.post(TITLE, typed(HOSTILE), headers=PART))

    assert now_written().text.title == HOSTILE
    assert "Changed the title to “&lt;b&gt;" in page
    assert "<b>{{" not in page
    assert 'data-kind="changed"' in page
    event = LedgerEvent.objects.get(kind="policy.edited")
    assert event.data["note"] == f"Changed the title to “{HOSTILE}”."
    client.post(f"{TEXT}?act=undo&seen={now_written().seen}", headers=PART)
    assert now_written().text.title == before


def test_another_title_alone_can_be_kept_as_a_version(client: Client) -> None:
    client.post(TITLE, typed("Whom we write to"))

    version = keep_as_version(kind=PolicyKind.ICP, seen=now_written().seen, by=ADMIN, now=NOW)

    assert PolicyVersion.objects.get(pk=version.pk).text["title"] == "Whom we write to"


def test_without_scripts_a_title_is_typed_on_the_page_and_leads_back_to_it(client: Client) -> None:
    assert "Save the title" in shown(client.get(TITLE))

    response = client.post(TITLE, typed("Ours"))

    assert response.headers["Location"] == "/policies/icp/edit/"
    assert messages_of(response) == ["Changed the title to “Ours”."]


@pytest.mark.parametrize("title", ["", " ", "x" * (TITLE_LENGTH + 1), "one\x01two", "\x00"])
def test_what_is_no_title_comes_back_with_the_reason(client: Client, title: str) -> None:
    before = now_written()

    page = shown(client.post(TITLE, typed(title), headers=PART), 422)

    assert 'class="errorlist"' in page
    assert now_written() == before


def test_the_same_title_changes_nothing(client: Client) -> None:
    page = shown(client.post(TITLE, typed(now_written().text.title), headers=PART))

    assert "Nothing was changed." in page
    assert not now_written().is_open


def test_who_saves_second_is_told_and_keeps_what_was_typed(client: Client) -> None:
    mine = typed("Mine")
    theirs = titled(now_written().text, "Theirs")
    save_edit(
        kind=PolicyKind.ICP, text=theirs.text, seen=now_written().seen, note=theirs.note,
        by=FOUNDER, now=NOW,
    )  # fmt: skip

    page = shown(client.post(TITLE, mine, headers=PART), 409)

    assert "Somebody saved before you" in page
    assert 'value="Mine"' in page
    client.post(TITLE, {**mine, "seen": now_written().seen}, headers=PART)
    assert now_written().text.title == "Mine"
