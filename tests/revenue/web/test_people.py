"""People in the browser: letting somebody in, the link that works once, roles."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from revenue.access import Role
from revenue.logs import scrub
from revenue.models import User
from tests.support.rows import make_user
from tests.support.visits import messages_of, statements, visit_as

pytestmark = pytest.mark.django_db

JANINE = {"username": "janine", "first_name": "Janine", "last_name": "Roy", "roles": "accountant"}
PASSWORD = {"new_password1": "seven lamps alight", "new_password2": "seven lamps alight"}


@pytest.fixture
def admin() -> Client:
    return visit_as(Role.ADMIN, username="boss")


def link_on(page: str) -> str:
    found = re.search(r'value="http://testserver(/join/[^"]+)"', page)
    return found[1] if found else ""


def let_in(admin: Client) -> str:
    """Let Janine in and return her link."""
    response = admin.post("/settings/people/", JANINE, follow=True)
    return link_on(response.content.decode())


def test_somebody_let_in_chooses_a_password_and_is_inside(admin: Client) -> None:
    link, janine = let_in(admin), Client()

    welcome = janine.get(link).content.decode()
    response = janine.post(link, PASSWORD)

    assert "Janine Roy" in welcome
    assert response.headers["Location"] == "/"
    assert janine.get("/ledger/").status_code == 200
    assert User.objects.get(username="janine").roles == {Role.ACCOUNTANT}


def test_the_link_is_shown_once(admin: Client) -> None:
    assert let_in(admin)

    person = User.objects.get(username="janine")
    assert link_on(admin.get(f"/settings/people/{person.pk}/").content.decode()) == ""


def test_the_link_is_not_shown_on_the_page_of_another(admin: Client) -> None:
    other = make_user()
    admin.post("/settings/people/", JANINE)

    assert link_on(admin.get(f"/settings/people/{other.pk}/").content.decode()) == ""


def test_the_link_works_once(admin: Client) -> None:
    link = let_in(admin)
    Client().post(link, PASSWORD)

    assert Client().get(link).status_code == 404
    assert Client().post(link, dict.fromkeys(PASSWORD, "another long one")).status_code == 404
    assert User.objects.get(username="janine").check_password(PASSWORD["new_password1"])


def test_the_link_is_not_in_the_log(admin: Client) -> None:
    assert scrub(f"GET {let_in(admin)}", path=True) == "GET /join/[token]/"


@pytest.mark.parametrize("token", ["x", "1.x", "1.", "1.d0abcd-0123456789abcdef", "%00"])
def test_a_link_that_was_made_up_opens_nothing(token: str) -> None:
    make_user()

    assert Client().get(f"/join/{token}/").status_code == 404


@pytest.mark.parametrize(
    "typed", [("short", "short"), ("seven lamps alight", "eight lamps alight"), ("", "")]
)
def test_a_poor_password_is_refused_and_the_link_stays_good(
    admin: Client, typed: tuple[str, str]
) -> None:
    link = let_in(admin)

    response = Client().post(link, dict(zip(PASSWORD, typed, strict=True)))

    assert response.status_code == 422
    assert Client().post(link, PASSWORD).status_code == 302


def test_a_new_link_can_be_made_for_one_who_forgot(admin: Client) -> None:
    janine = make_user(Role.ACCOUNTANT, username="janine")

    page = admin.post(f"/settings/people/{janine.pk}/invite/", follow=True).content.decode()
    Client().post(link_on(page), PASSWORD)

    janine.refresh_from_db()
    assert janine.check_password(PASSWORD["new_password1"])


def test_nobody_locked_out_gets_a_new_link(admin: Client) -> None:
    gone = make_user(is_active=False)

    assert admin.post(f"/settings/people/{gone.pk}/invite/").status_code == 404


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"username": "BOSS"}, "Somebody signs in with this name already."),
        ({"username": "a b"}, "Enter a valid username."),
        ({"username": ""}, "This field is required."),
        ({"roles": ""}, "Select a valid choice"),
        ({"roles": "emperor"}, "Select a valid choice"),
        ({"email": "nothing"}, "Enter a valid email address."),
    ],
)
def test_somebody_who_can_not_be_is_not_let_in(
    admin: Client, changes: dict[str, str], words: str
) -> None:
    response = admin.post("/settings/people/", {**JANINE, **changes})

    assert response.status_code == 422
    assert words in response.content.decode()
    assert User.objects.count() == 1


def test_somebody_without_a_role_is_not_let_in(admin: Client) -> None:
    response = admin.post("/settings/people/", {"username": "janine"})

    assert "Choose at least one role." in response.content.decode()


def test_roles_are_changed(admin: Client) -> None:
    person = make_user(Role.ACCOUNTANT)

    response = admin.post(
        f"/settings/people/{person.pk}/", {"roles": ["founder", "admin"], "active": "on"}
    )

    assert messages_of(response) == ["Saved."]
    assert User.objects.get(pk=person.pk).roles == {Role.FOUNDER, Role.ADMIN}


def test_the_last_admin_can_not_step_down(admin: Client) -> None:
    boss = User.objects.get(username="boss")

    response = admin.post(f"/settings/people/{boss.pk}/", {"roles": "founder", "active": "on"})

    assert response.status_code == 422
    assert "Somebody active must stay admin" in response.content.decode()
    assert User.objects.get(pk=boss.pk).roles == {Role.ADMIN}


def test_the_page_takes_the_same_statements_with_one_person_and_three(admin: Client) -> None:
    with statements() as one:
        admin.get("/settings/people/")
    for _ in range(2):
        make_user(Role.FOUNDER, Role.ACCOUNTANT)
    with statements() as three:
        admin.get("/settings/people/")

    # session, person, roles, people, their groups, switches, what waits
    assert (len(one), len(three)) == (7, 7)
