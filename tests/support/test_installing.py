from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from revenue.installing import install as really_install
from revenue.models import House, LedgerEvent
from tests.support import installing
from tests.support.rows import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def installs(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """When a house was installed for real, and nothing kept from before."""
    found: list[Any] = []

    def install(*, now: Any) -> None:
        found.append(now)
        really_install(now=now)

    monkeypatch.setattr(installing, "install", install)
    monkeypatch.setattr(installing, "_kept", {})
    return found


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def contents() -> dict[str, Any]:
    """Every row of ours, but for the transaction that wrote it."""
    found = {}
    for model, rows in installing._contents().items():
        for row in rows:
            row.pop(installing.OF_THE_WRITER, None)
        found[model.__name__] = sorted(rows, key=str)
    return found


def test_second_house_is_the_first_again(installs: list[Any]) -> None:
    with rolled_back():
        installing.install_or_repeat(now=NOW)
        first = contents()
    with rolled_back():
        installing.install_or_repeat(now=NOW)
        second = contents()

    assert installs == [NOW]
    assert first["PolicyVersion"] != []
    assert second == first


def test_repeated_house_is_guarded_and_goes_on_counting() -> None:
    with rolled_back():
        installing.install_or_repeat(now=NOW)
    installing.install_or_repeat(now=NOW)
    last = LedgerEvent.objects.latest("id")

    event = LedgerEvent.objects.create(
        at=NOW, kind="test.happened", subject="test:1", actor="system:test"
    )

    assert event.pk > last.pk
    with pytest.raises(DatabaseError), transaction.atomic():
        last.delete()


def test_house_that_has_rows_is_installed_for_real(installs: list[Any]) -> None:
    with rolled_back():
        installing.install_or_repeat(now=NOW)
    House.objects.create(pk=1, label="5D")

    installing.install_or_repeat(now=NOW)

    assert installs == [NOW, NOW]
    assert House.objects.get().label == "5D"
