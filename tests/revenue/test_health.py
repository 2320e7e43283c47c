"""The page for load balancers."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone

from revenue import heartbeats


@pytest.mark.django_db
def test_healthz_answers_without_login(client: Client) -> None:
    response = client.get("/healthz")

    assert (response.status_code, response.json()["database"]) == (200, "up")


@pytest.mark.django_db
@pytest.mark.parametrize(("age", "workers"), [(5, "up"), (90, "late")])
def test_healthz_tells_of_workers_and_lets_the_traffic_come(
    age: int, workers: str, client: Client
) -> None:
    heartbeats.beat(name="revenue.seal", now=timezone.now() - timedelta(seconds=age))

    response = client.get("/healthz")

    found = response.json()
    assert (response.status_code, found["workers"]) == (200, workers)
    assert age <= found["pulse_age_s"] < age + 5


@pytest.mark.django_db
def test_healthz_without_any_pulse_says_never(client: Client) -> None:
    assert client.get("/healthz").json() == {
        "database": "up",
        "workers": "never",
        "pulse_age_s": None,
    }


@pytest.mark.django_db
def test_healthz_says_when_the_database_is_down(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise DatabaseError

    monkeypatch.setattr(connection, "cursor", refuse)

    response = client.get("/healthz")

    assert (response.status_code, response.json()["database"]) == (503, "down")
