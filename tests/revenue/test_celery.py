"""The schedule, and one run of each sweep at a time."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from celery import current_app, shared_task
from django.conf import settings
from django.db import connection, connections

from revenue import heartbeats
from revenue.celery import SIDE_BY_SIDE, SWEEPS


@pytest.fixture
def ran() -> Iterator[list[str]]:
    yield []
    for name in ("tests.alone", "tests.outer"):
        current_app.tasks.pop(name, None)


def run_elsewhere(task: Callable[[], object]) -> None:
    def run() -> None:
        task()
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def test_every_scheduled_sweep_exists() -> None:
    current_app.loader.import_default_modules()

    assert [name for name in SWEEPS if name not in current_app.tasks] == []
    assert SWEEPS.keys() >= SIDE_BY_SIDE


def test_every_task_of_ours_is_scheduled() -> None:
    current_app.loader.import_default_modules()
    ours = {name for name in current_app.tasks if name.startswith(("revenue.", "approvals."))}

    assert ours == SWEEPS.keys()


@pytest.mark.django_db(transaction=True)
def test_a_sweep_that_runs_is_not_started_beside_itself(ran: list[str]) -> None:
    @shared_task(name="tests.alone")
    def alone() -> None:
        ran.append("run")
        if len(ran) == 1:
            run_elsewhere(current_app.tasks["tests.alone"])

    current_app.tasks["tests.alone"]()

    assert ran == ["run"]


@pytest.mark.django_db(transaction=True)
def test_a_sweep_that_failed_lets_the_next_one_run(ran: list[str]) -> None:
    @shared_task(name="tests.alone")
    def alone() -> None:
        ran.append("run")
        raise RuntimeError

    for _ in range(2):
        with pytest.raises(RuntimeError):
            current_app.tasks["tests.alone"]()
    with pytest.raises(RuntimeError):
        alone()

    assert ran == ["run", "run", "run"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fails", [False, True])
def test_a_sweep_beats_when_it_came_to_its_end(ran: list[str], *, fails: bool) -> None:
    @shared_task(name="tests.alone")
    def alone() -> None:
        if fails:
            raise RuntimeError

    with suppress(RuntimeError):
        current_app.tasks["tests.alone"]()

    assert ("tests.alone" in heartbeats.beats()) is not fails


@pytest.mark.django_db(transaction=True)
def test_delivery_runs_side_by_side(ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    @shared_task(name="tests.alone")
    def alone() -> None:
        ran.append("run")
        if len(ran) == 1:
            run_elsewhere(current_app.tasks["tests.alone"])

    monkeypatch.setattr("revenue.celery.SIDE_BY_SIDE", {"tests.alone"})

    current_app.tasks["tests.alone"]()

    assert ran == ["run", "run"]


def test_a_lost_message_comes_back_after_the_longest_task_and_not_before() -> None:
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS

    assert options["visibility_timeout"] > settings.CELERY_TASK_TIME_LIMIT
    assert options["unacked_restore_throttle"] == 1
