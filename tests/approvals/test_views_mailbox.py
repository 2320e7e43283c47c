from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from approvals.views import mailbox as views
from revenue.access import Role
from revenue.connectors.local_mailbox import new_key
from tests.support.visits import visit_as

pytestmark = pytest.mark.django_db

MAILBOX = "/mailbox/"


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.DEMO, settings.MAILBOX_DIR = True, tmp_path
    settings.BASE_URL = "http://testserver"
    return tmp_path


def keep(folder: Path, text: str, *, subject: str = "The phone") -> str:
    content = (
        f"Message-ID: <{subject}@a.example>\r\nFrom: Ana <a@a.example>\r\nTo: d@d.example\r\n"
        f"Subject: {subject}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}"
    ).encode()
    key = new_key(content)
    (folder / f"{key}.eml").write_bytes(content)
    return key


@pytest.mark.parametrize("role", Role)
def test_everybody_of_the_demo_may_look(role: Role, folder: Path) -> None:
    key = keep(folder, "Hi Dana")
    client = visit_as(role)

    assert "The phone" in client.get(MAILBOX).content.decode()
    assert "Hi Dana" in client.get(f"{MAILBOX}{key}/").content.decode()


def test_outside_the_demo_there_is_none(folder: Path, settings: Any) -> None:
    key = keep(folder, "Hi Dana")
    settings.DEMO = False
    client = visit_as(Role.FOUNDER)

    assert client.get(MAILBOX).status_code == 404
    assert client.get(f"{MAILBOX}{key}/").status_code == 404


def test_without_login_it_leads_to_login(folder: Path) -> None:
    assert Client().get(MAILBOX).status_code == 302


def test_empty_mailbox_says_what_will_arrive(folder: Path) -> None:
    assert "Delivered mail arrives here" in visit_as(Role.FOUNDER).get(MAILBOX).content.decode()


def test_newest_stands_first_and_older_follow(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PAGE", 1)
    first = keep(folder, "Hi", subject="First")
    keep(folder, "Hi", subject="Second")
    client = visit_as(Role.FOUNDER)

    html = client.get(MAILBOX).content.decode()
    address = html.partition("?before=")[2].partition('"')[0]
    rest = client.get(MAILBOX, {"before": address}).content.decode()

    assert ("Second" in html, "First" in html) == (True, False)
    assert f"{MAILBOX}{first}/" in rest
    assert "Second" not in rest


def test_our_own_way_out_is_a_link_and_nothing_else_is(folder: Path) -> None:
    text = "Hi\r\n\r\nhttp://evil.example/u/x\r\nUnsubscribe: http://testserver/u/to-ken_1\r\nBye"
    key = keep(folder, text)

    html = visit_as(Role.FOUNDER).get(f"{MAILBOX}{key}/").content.decode()

    assert '<a href="http://testserver/u/to-ken_1">http://testserver/u/to-ken_1</a>' in html
    assert 'href="http://evil.example' not in html


def test_hostile_mail_is_shown_as_text(folder: Path) -> None:
    hostile = "<script>alert(1)</script>"
    key = keep(folder, hostile, subject=hostile)
    client = visit_as(Role.FOUNDER)

    for url in (MAILBOX, f"{MAILBOX}{key}/"):
        assert "<script>alert" not in client.get(url).content.decode()


@pytest.mark.parametrize("key", ["x", "0" * 19, "1-2-3"])
def test_unknown_mail_is_not_found(key: str, folder: Path) -> None:
    assert visit_as(Role.FOUNDER).get(f"{MAILBOX}{key}/").status_code == 404
