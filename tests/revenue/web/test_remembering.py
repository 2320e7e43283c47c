from django.http import HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from revenue.web.remembering import remember, remembered


def test_remember_keeps_a_choice_for_a_year(settings: Settings) -> None:
    settings.SESSION_COOKIE_SECURE = True
    response = HttpResponse()
    remember(RequestFactory().post("/", {"theme": "dark"}), response)
    cookie = response.cookies["theme"]
    assert (cookie.value, cookie["max-age"], cookie["samesite"]) == ("dark", 31536000, "Lax")
    assert cookie["secure"] is True


def test_remember_ignores_what_is_no_choice() -> None:
    response = HttpResponse()
    remember(RequestFactory().post("/", {"theme": "purple", "other": "dark"}), response)
    assert dict(response.cookies) == {}


def test_remembered_of_a_strange_cookie_is_the_default() -> None:
    request = RequestFactory().get("/")
    request.COOKIES["rail"] = "sideways"
    assert remembered(request, "rail") == "open"


def test_remembered_gives_the_choice_back() -> None:
    request = RequestFactory().get("/")
    request.COOKIES["rail"] = "closed"
    assert remembered(request, "rail") == "closed"
