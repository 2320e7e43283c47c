"""Ways past the operations, for tests of what the database itself refuses."""

from __future__ import annotations

from typing import Any

from django.db import connection, models


def again(row: models.Model, **changes: Any) -> None:
    """Insert a copy of the row with these changes."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    generated = {field.attname for field in row._meta.concrete_fields if field.generated}
    copy = {name: value for name, value in values.items() if name not in {"id", *generated}}
    type(row)._default_manager.create(**{**copy, **changes})


def change(row: models.Model, **changes: Any) -> None:
    """Update columns of the row."""
    type(row)._default_manager.filter(pk=row.pk).update(**changes)


def delete(row: models.Model) -> None:
    """Remove the row without asking Django who points to it."""
    type(row)._default_manager.filter(pk=row.pk)._raw_delete(using="default")


def truncate(model: type[models.Model]) -> None:
    """TRUNCATE with the table's triggers on, which the test database has off for cleaning."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute(f"alter table {table} enable trigger all")
        cursor.execute(f"truncate {table} cascade")


def triggers(app: str) -> set[str]:
    """The names of the triggers on the tables of an app, as the database has them."""
    return _names(
        "select tgname from pg_trigger join pg_class on pg_class.oid = tgrelid"
        " where not tgisinternal and relname ~ %s",
        app,
    )


def composite_keys(app: str) -> set[str]:
    """The names of the foreign keys over several columns of an app's tables."""
    return _names(
        "select conname from pg_constraint join pg_class on pg_class.oid = conrelid"
        " where contype = 'f' and cardinality(conkey) > 1 and relname ~ %s",
        app,
    )


def _names(statement: str, app: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [f"^{app}_"])
        return {name for (name,) in cursor.fetchall()}
