"""A second session of the test database, as another process would have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def other_session() -> Iterator[Any]:
    """A cursor of a session of its own, in autocommit; what it left open is rolled back."""
    session = connection.copy()
    try:
        with session.cursor() as cursor:
            yield cursor
    finally:
        session.close()
