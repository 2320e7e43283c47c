"""The ledger under writers that race, a sealer that is killed, and a move to another cluster."""

from __future__ import annotations

import json
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Event as Flag

import pytest
from django.db import connection, transaction

from revenue import embedded, launch, ledger, places
from revenue.actors import Actor
from revenue.models import LedgerEvent
from tests.support import processes
from tests.support.sessions import other_session

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

NOW = datetime(2026, 11, 18, 18, 0, tzinfo=UTC)
BY = Actor("system", "test")
WRITERS = 8
TRANSACTIONS = 40


# Races -------------------------------------------------------------------------------------------


class HandlerFailed(Exception):
    """The consumer broke down in the middle of its work."""


def in_own_session(work: Callable[..., list[str]], *arguments: object) -> list[str]:
    try:
        return work(*arguments)
    finally:
        connection.close()


def write(writer: int) -> list[str]:
    """Commit or roll back transactions of up to three events, each after a random delay."""
    chance = random.Random(writer)
    committed: list[str] = []
    for number in range(TRANSACTIONS):
        subjects = [f"writer:{writer}.{number}.{part}" for part in range(chance.randint(1, 3))]
        keep = chance.random() > 0.1
        with transaction.atomic():
            for subject in subjects:
                ledger.append(kind="test.raced", subject=subject, by=BY, now=NOW)
                time.sleep(chance.random() * 0.004)
            transaction.set_rollback(not keep)
        committed += subjects if keep else []
    return committed


def seal_until(written: Flag, sealed: Flag) -> list[str]:
    while True:
        last_round = written.is_set()
        done = ledger.seal(limit=7)
        if last_round and not done and not LedgerEvent.objects.filter(seq=None).exists():
            sealed.set()
            return []


def consume_until(sealed: Flag, seed: int) -> list[str]:
    """Copy each event to a table; sometimes fail after half of the writes."""
    chance = random.Random(seed)

    def copy(event: ledger.Event) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into echo (seq, subject) values (%s, %s)", [event.seq, event.subject]
            )
        if chance.random() < 0.02:
            raise HandlerFailed

    while True:
        last_round = sealed.is_set()
        try:
            done = ledger.consume("echo", copy, limit=10)
        except HandlerFailed:
            continue
        if last_round and not done:
            return []


def verify_until(sealed: Flag) -> list[str]:
    problems: list[str] = []
    while not sealed.is_set():
        found = ledger.verify(batch=20)
        problems += [found.problem] if found.problem else []
    return problems


@pytest.fixture
def echo_table() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("create table echo (place bigserial, seq bigint, subject text)")
        yield
        cursor.execute("drop table echo")


@pytest.mark.usefixtures("echo_table")
def test_a_consumer_misses_and_repeats_nothing_while_eight_write() -> None:
    written, sealed = Flag(), Flag()
    with ThreadPoolExecutor(WRITERS + 4) as pool:
        sealer = pool.submit(in_own_session, seal_until, written, sealed)
        readers = [pool.submit(in_own_session, consume_until, sealed, seed) for seed in (1, 2)]
        checker = pool.submit(in_own_session, verify_until, sealed)
        writers = [pool.submit(in_own_session, write, writer) for writer in range(WRITERS)]
        committed = [writer.result() for writer in writers]
        written.set()
        for other in (sealer, *readers):
            other.result()
        problems = checker.result()

    with connection.cursor() as cursor:
        cursor.execute("select seq, subject from echo order by place")
        echoed = cursor.fetchall()
    subjects = [subject for _, subject in echoed]
    assert [seq for seq, _ in echoed] == list(range(1, len(echoed) + 1))
    assert sorted(subjects) == sorted(subject for mine in committed for subject in mine)
    for writer, mine in enumerate(committed):
        assert [one for one in subjects if one.startswith(f"writer:{writer}.")] == mine
    assert problems == []
    assert ledger.verify().checked == len(echoed)


# Killed sealers ----------------------------------------------------------------------------------

SEAL_SLOWLY = """
import sys, time
from revenue import ledger
plain, count = ledger.chain, 0
def chain(*arguments):
    global count
    count += 1
    if count == {stop_at}:
        print("middle")
        time.sleep(60)
    return plain(*arguments)
ledger.chain = chain
print("ready")
while True:
    ledger.seal(limit=100)
"""


def write_events(count: int) -> None:
    about = [(f"thing:{number}", {"number": number}) for number in range(count)]
    ledger.append_many(kind="test.happened", by=BY, now=NOW, about=about)


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def seal_rest() -> None:
    """Seal what is left, once the server has noticed that the killed session is gone."""
    give_up = time.monotonic() + 60
    while LedgerEvent.objects.filter(seq=None).exists():
        assert time.monotonic() < give_up
        ledger.seal()


def assert_whole(count: int) -> None:
    found = ledger.verify()
    assert (found.checked, found.problem) == (count, "")


def test_a_sealer_killed_before_it_wrote_has_sealed_nothing_of_that_batch() -> None:
    write_events(300)
    process = processes.start(SEAL_SLOWLY.format(stop_at=150))
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["ready\n", "middle\n"]

    kill(process)

    assert LedgerEvent.objects.exclude(seq=None).count() == 100
    assert_whole(100)
    seal_rest()
    assert_whole(300)


def test_a_sealer_killed_between_its_writes_has_sealed_nothing_of_that_batch() -> None:
    """The rows are numbered and the head is not: a lock on the head holds the sealer there."""
    write_events(200)
    ledger.seal(limit=100)
    with other_session() as other:
        other.execute("begin")
        other.execute("select 1 from revenue_ledgerhead for update")
        process = processes.start(SEAL_SLOWLY.format(stop_at=0))
        give_up = time.monotonic() + 60
        while True:
            other.execute("select count(*) from pg_locks where not granted")
            if other.fetchone()[0]:
                break
            assert time.monotonic() < give_up
            time.sleep(0.02)
        kill(process)
        other.execute("rollback")

    seal_rest()
    assert LedgerEvent.objects.exclude(seq=None).count() == 200
    assert_whole(200)


def test_a_sealer_killed_at_random_leaves_a_chain_that_goes_on() -> None:
    chance, total = random.Random(7), 0
    for _ in range(4):
        write_events(2000)
        total += 2000
        process = processes.start(SEAL_SLOWLY.format(stop_at=0))
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.random() * 0.15)
        kill(process)
        assert ledger.verify().problem == ""

    seal_rest()
    assert_whole(total)


# Another cluster ---------------------------------------------------------------------------------

CARRY_ON = """
import json
from datetime import UTC, datetime
from django.db import connection
from revenue import ledger
from revenue.actors import Actor
from revenue.models import LedgerEvent
with connection.cursor() as cursor:
    cursor.execute(
        "select pg_current_xact_id()::text::bigint, max(xid)::text::bigint from revenue_ledgerevent"
    )
    here, restored = cursor.fetchone()
first = ledger.seal_all()
ledger.append(kind="test.after", subject="thing:new", by=Actor("system", "test"),
              now=datetime(2026, 11, 19, tzinfo=UTC))
second = ledger.seal_all()
found = ledger.verify()
events = ledger.read(after=0, limit=1000)
print(json.dumps({
    "restored_ahead": restored > here, "first": first, "second": second,
    "problem": found.problem, "checked": found.checked, "last": events[-1].subject,
    "rising": [event.seq for event in events] == list(range(1, len(events) + 1)),
}))
"""


def burn_transaction_ids(count: int) -> None:
    """Let the cluster's counter run ahead of that of a new cluster."""
    with connection.cursor() as cursor:
        for _ in range(count):
            cursor.execute("select pg_current_xact_id()")


def postgres_tool(name: str, *arguments: str) -> None:
    subprocess.run(
        launch.command([str(embedded.postgres_binary(name)), *arguments]),
        check=True,
        capture_output=True,
    )


@pytest.fixture
def new_cluster(tmp_path: Path) -> Iterator[str]:
    """The address of an empty database in a cluster whose transaction ids start low."""
    folder = tmp_path / "new"
    with embedded.owned(folder):
        server = embedded.start_postgres(folder, fsync=False)
        yield places.database_url(folder)
        server.stop()


def test_sealing_goes_on_after_a_restore_into_a_new_cluster(
    new_cluster: str, tmp_path: Path
) -> None:
    burn_transaction_ids(3000)
    write_events(20)
    ledger.seal_all()
    write_events(10)
    dump = str(tmp_path / "dump")
    postgres_tool("pg_dump", "-Fc", "-f", dump, processes.variables()["DATABASE_URL"])
    postgres_tool("pg_restore", "--no-owner", "-d", new_cluster, dump)

    report = json.loads(processes.run(CARRY_ON, url=new_cluster))

    assert report == {
        "restored_ahead": True,
        "first": 10,
        "second": 1,
        "problem": "",
        "checked": 31,
        "last": "thing:new",
        "rising": True,
    }
