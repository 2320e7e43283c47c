"""Browsing as somebody: clients that are logged in, and what a page took."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from revenue.access import Role
from tests.support.rows import make_user


def visit_as(*roles: Role, **fields: Any) -> Client:
    """A client of a new person with these roles."""
    client = Client()
    client.force_login(make_user(*roles, **fields))
    return client


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL statements of the block, without savepoints."""
    found: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield found
    found += [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]


def messages_of(response: Any) -> list[str]:
    """What the toasts of the next page say."""
    return [str(message) for message in response.wsgi_request._messages]
