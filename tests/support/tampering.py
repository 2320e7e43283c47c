"""What somebody who owns the database could do behind the program's back."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction


def tamper(statement: str, parameters: list[Any] | None = None) -> int:
    """Run a statement with all triggers and foreign keys off; return the rows that it touched."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
        cursor.execute(statement, parameters)
        touched = int(cursor.rowcount)
        cursor.execute("set local session_replication_role to default")
    return touched
