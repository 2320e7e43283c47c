"""What approvals puts on every page: how much waits for the reader."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from approvals import queries


def counts(request: HttpRequest) -> dict[str, object]:
    """``approvals_waiting``: pending sends, counted only where a template asks."""
    return {"approvals_waiting": SimpleLazyObject(queries.pending_count)}
