"""What approvals puts on every page: how much waits for the reader."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from approvals import queries
from revenue.actors import Actor


def counts(request: HttpRequest) -> dict[str, object]:
    """``approvals_waiting``: pending sends; ``changes_waiting``: changes for the reader to decide.

    One statement for both, where a template asks for either.
    """

    def waiting() -> queries.Waiting:
        user = request.user
        return queries.waiting(by=Actor.person(user)) if user.is_authenticated else NOTHING

    found = SimpleLazyObject(waiting)
    return {
        "approvals_waiting": SimpleLazyObject(lambda: found.sends),
        "changes_waiting": SimpleLazyObject(lambda: found.changes),
    }


NOTHING = queries.Waiting(0, 0)
