"""Login: throttled, and without giving anything away in the log."""

import logging

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import Settings

from revenue.models import User

WRONG = {"username": "ada@example.com", "password": "wrong"}
RIGHT = {"username": "ada@example.com", "password": "right"}


@pytest.fixture(autouse=True)
def ada(db: None) -> User:
    return User.objects.create_user("ada@example.com", password="right")


def test_the_right_password_lets_in(client: Client) -> None:
    assert client.post("/login/", RIGHT).status_code == 302


def test_five_wrong_passwords_lock_the_name_even_for_the_right_one(client: Client) -> None:
    answers = [client.post("/login/", WRONG).status_code for _ in range(5)]

    locked = client.post("/login/", RIGHT)

    assert answers == [200, 200, 200, 200, 429]
    assert (locked.status_code, "_auth_user_id" in client.session) == (429, False)


def test_a_locked_name_does_not_lock_another(client: Client) -> None:
    User.objects.create_user("grace", password="right")
    for _ in range(5):
        client.post("/login/", WRONG)

    assert client.post("/login/", {**RIGHT, "username": "grace"}).status_code == 302


def test_a_wrong_login_writes_no_name_into_the_log(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        for _ in range(6):
            client.post("/login/", WRONG)

    assert "ada" not in caplog.text


def test_only_the_demo_shows_its_logins(client: Client, settings: Settings) -> None:
    real = client.get("/login/").content
    settings.DEMO = True

    demo = client.get("/login/").content

    assert (b"accountant" in real, b"accountant" in demo) == (False, True)


def test_a_session_begins_anew_at_login(client: Client) -> None:
    client.get("/login/")
    session = client.session
    session["planted"] = 1
    session.save()
    before = session.session_key

    client.post("/login/", RIGHT)

    assert client.cookies[settings.SESSION_COOKIE_NAME].value != before
