"""Parts of pages that htmx asks for."""

from __future__ import annotations

from django.http import HttpRequest


def wants_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page; going back in the history asks for all of it."""
    return request.headers.get("HX-Request-Type") == "partial"
