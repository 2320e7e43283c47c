"""Databases of the benchmarks, all copied from one that is migrated and installed."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from revenue.policies import verdicts
from tests.support.rows import installed

TEMPLATE = "bench_template"


def make_template() -> None:
    """Migrate and install the database that the others are copies of."""
    _run(f'drop database if exists "{TEMPLATE}" with (force)')
    _run(f'create database "{TEMPLATE}"')
    session = session_of(TEMPLATE)
    with in_use(session):
        call_command("migrate", interactive=False, verbosity=0)
        installed(now=timezone.now())
    session.close()


@contextmanager
def fresh(name: str, *, template: str = TEMPLATE) -> Iterator[BaseDatabaseWrapper]:
    """A session of a new copy of the template; the database is gone afterwards."""
    _run(f'drop database if exists "{name}" with (force)')
    _run(f'create database "{name}" template "{template}"')
    session = session_of(name)
    try:
        yield session
    finally:
        session.close()
        _run(f'drop database "{name}" with (force)')


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def session_of(name: str) -> BaseDatabaseWrapper:
    """A session of another database of the same server."""
    own = connection.copy()
    own.settings_dict = copy.deepcopy(own.settings_dict) | {"NAME": name}
    return own


@contextmanager
def in_use(session: BaseDatabaseWrapper) -> Iterator[None]:
    """Let all of Django, and the processes it starts, work on this session's database."""
    before = connections["default"]
    connections["default"] = session
    verdicts.published.cache_clear()  # each database has texts of its own by the same ids
    try:
        yield
    finally:
        connections["default"] = before
        verdicts.published.cache_clear()
