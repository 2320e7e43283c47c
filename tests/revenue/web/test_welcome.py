"""The first person, and no second."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.db import connections
from django.test import Client
from django.utils import timezone

from revenue.access import Role
from revenue.models import LedgerEvent, User
from revenue.web.welcome import make_token

PERSON = {"username": "ada", "password1": "long-and-unlikely", "password2": "long-and-unlikely"}


@pytest.mark.django_db
def test_the_first_person_is_founder_and_admin_and_logged_in(client: Client) -> None:
    response = client.post(f"/welcome/{make_token()}/", PERSON)

    user = get_user_model().objects.get()
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert user.roles == {Role.FOUNDER, Role.ADMIN}
    assert (user.is_staff, user.password.startswith("md5")) == (True, True)
    event = LedgerEvent.objects.get(kind="person.welcomed")
    assert (event.subject, event.actor) == (f"person:{user.pk}", "system:welcome")
    assert "ada" not in str(event.data)


@pytest.mark.django_db
def test_there_is_no_second_first_person(client: Client) -> None:
    token = make_token()
    User.objects.create_user("grace")

    assert client.get(f"/welcome/{token}/").status_code == 404
    assert client.post(f"/welcome/{token}/", PERSON).status_code == 404
    assert User.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["x", "ImZpcnN0IHVzZXIi:1:forged"])
def test_a_made_up_link_opens_nothing(client: Client, token: str) -> None:
    assert client.get(f"/welcome/{token}/").status_code == 404


@pytest.mark.django_db
def test_the_link_lasts_for_a_day(client: Client) -> None:
    token = make_token()

    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=False):
        assert client.get(f"/welcome/{token}/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fault",
    [{"password2": "different"}, {"username": ""}, {"password1": "ada", "password2": "ada"}],
)
def test_a_form_with_a_fault_is_shown_again(client: Client, fault: dict[str, str]) -> None:
    response = client.post(f"/welcome/{make_token()}/", {**PERSON, **fault})

    assert (response.status_code, User.objects.exists()) == (422, False)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_person() -> None:
    token, codes = make_token(), []
    line = threading.Barrier(2)

    def come_in(name: str) -> None:
        line.wait()
        codes.append(Client().post(f"/welcome/{token}/", {**PERSON, "username": name}).status_code)
        connections.close_all()

    threads = [threading.Thread(target=come_in, args=[name]) for name in ("ada", "grace")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (sorted(codes), User.objects.count()) == ([302, 404], 1)
