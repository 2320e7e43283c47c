"""Choices of appearance that a browser remembers in a cookie: the same with and without scripts."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse

CHOICES = {"theme": ("system", "light", "dark"), "rail": ("open", "closed")}
"""What may be chosen; the first is the default."""

YEAR = 60 * 60 * 24 * 365


def remembered(request: HttpRequest, name: str) -> str:
    """The choice of this browser, or the default where the cookie is missing or strange."""
    chosen = request.COOKIES.get(name, "")
    return chosen if chosen in CHOICES[name] else CHOICES[name][0]


def remember(request: HttpRequest, response: HttpResponse) -> None:
    """Keep the choices that a posted form holds; the page's script writes the same cookies."""
    for name, allowed in CHOICES.items():
        chosen = request.POST.get(name, "")
        if chosen in allowed:
            response.set_cookie(
                name, chosen, max_age=YEAR, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax"
            )
