"""The middleware that holds requests against the matrix."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import ResolverMatch

from revenue.access import Role
from revenue.models import User
from revenue.web.access import AccessMiddleware, acting, reader
from tests.support.rows import make_user
from tests.support.visits import visit_as

pytestmark = pytest.mark.django_db


def answer_to(user: Any, name: str, method: str = "get") -> int:
    """The status that the middleware gives; 200 where it lets the view answer."""
    space, _, bare = name.rpartition(":")
    request = getattr(RequestFactory(), method)("/")
    request.user = user
    request.resolver_match = ResolverMatch(
        lambda: None, (), {}, url_name=bare, namespaces=[space] if space else []
    )
    middleware = AccessMiddleware(lambda _: HttpResponse())
    try:
        answer = middleware.process_view(request, None, (), {})
    except PermissionDenied:
        return 403
    return 200 if answer is None else answer.status_code


@pytest.mark.parametrize("method", ["get", "head"])
def test_an_allowed_page_is_let_through(method: str) -> None:
    assert answer_to(make_user(Role.ACCOUNTANT), "revenue:ledger", method) == 200


def test_a_page_of_other_roles_is_refused() -> None:
    assert answer_to(make_user(Role.ACCOUNTANT), "revenue:suppressions") == 403


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_every_other_method_counts_as_posting(method: str) -> None:
    founder, accountant = make_user(Role.FOUNDER), make_user(Role.ACCOUNTANT)

    assert answer_to(founder, "revenue:suppressions", method) == 200
    assert answer_to(accountant, "revenue:suppressions", method) == 403
    assert answer_to(founder, "revenue:ledger", method) == 405


def test_what_nobody_may_look_at_has_no_such_method() -> None:
    assert answer_to(make_user(Role.FOUNDER), "revenue:kill_throw") == 405


@pytest.mark.parametrize("name", ["revenue:brand_new", "", "someapp:page", "administration"])
def test_an_unlisted_page_is_refused_to_everybody(name: str) -> None:
    assert answer_to(make_user(*Role, is_staff=True, is_superuser=True), name) == 403


def test_a_person_without_roles_is_refused() -> None:
    assert answer_to(make_user(), "revenue:ledger") == 403


def test_the_admin_site_is_for_staff() -> None:
    assert answer_to(make_user(Role.ADMIN, is_staff=True), "admin:index") == 200
    assert answer_to(make_user(Role.ADMIN), "admin:index") == 403


def test_a_stranger_is_sent_to_the_login_and_back() -> None:
    response = Client().get("/ledger/?subject=send")

    assert response.status_code == 302
    assert response.headers["Location"] == "/login/?next=/ledger/%3Fsubject%3Dsend"


def test_a_stranger_can_not_post_either() -> None:
    response = Client().post("/seats/stop/", {"switch": "everything:"})

    assert response.headers["Location"].startswith("/login/")


def test_a_refusal_says_so_on_a_page() -> None:
    response = visit_as(Role.ACCOUNTANT).get("/suppressions/")

    assert response.status_code == 403
    assert b"Your role may not see or do this" in response.content


def test_somebody_locked_out_is_a_stranger_at_once() -> None:
    client = visit_as(Role.FOUNDER, username="gone")
    User.objects.filter(username="gone").update(is_active=False)

    assert client.get("/ledger/").status_code == 302


def test_a_role_that_is_taken_away_is_gone_at_once() -> None:
    client = visit_as(Role.FOUNDER, username="changed")
    User.objects.get(username="changed").groups.clear()

    assert client.get("/ledger/").status_code == 403


def test_somebody_without_roles_can_still_sign_out() -> None:
    response = visit_as().post("/logout/")

    assert (response.status_code, response.headers["Location"]) == (302, "/login/")


def test_reader_and_acting_are_the_person_who_is_logged_in() -> None:
    user = make_user(Role.ADMIN)
    request = RequestFactory().get("/")
    request.user = user

    assert (reader(request), str(acting(request))) == (user, f"person:{user.pk}")
