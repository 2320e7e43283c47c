"""Holds every request against the permission matrix of ``revenue.access``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed

from revenue.access import MATRIX, PUBLIC, may
from revenue.actors import Actor
from revenue.models import User

ADMIN_SITE = "admin:"


def reader(request: HttpRequest) -> User:
    """The person who is logged in; nobody else comes through the middleware."""
    return cast("User", request.user)


def acting(request: HttpRequest) -> Actor:
    """The same person as the one who does something."""
    return Actor.person(reader(request))


class AccessMiddleware:
    """Stands after ``LoginRequiredMiddleware``, so whoever comes here is known or needs no login.

    What is not listed is refused to everybody. Where nobody may post, or nobody may look, the
    answer is 405, as a view without that method would give.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Let the request through (None), or refuse it."""
        match = request.resolver_match
        name = match.view_name if match else ""
        if name in PUBLIC:
            return None
        if missing := _missing_method(request, name):
            return missing
        if not _allowed(request, name):
            raise PermissionDenied
        return None


def _allowed(request: HttpRequest, name: str) -> bool:
    user: Any = request.user
    if name.startswith(ADMIN_SITE):
        # Django's own pages ask again; whoever is not known yet may come as far as their login.
        return not user.is_authenticated or user.is_staff
    return user.is_authenticated and may(user.roles, name, method=request.method or "")


def _missing_method(request: HttpRequest, name: str) -> HttpResponseNotAllowed | None:
    rule = MATRIX.get(name)
    if rule is None:
        return None
    looks = request.method in {"GET", "HEAD"}
    if rule.see if looks else rule.post:
        return None
    return HttpResponseNotAllowed(["POST"] if looks else ["GET", "HEAD"])
