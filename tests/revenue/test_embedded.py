"""The embedded services on real processes: killed, half made, in odd places, as odd users."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from revenue import embedded, launch, places

ROOT = Path(__file__).resolve().parent.parent.parent
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can stop being root")

pytestmark = pytest.mark.slow


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "var"
    folder.mkdir()
    yield folder
    shutil.rmtree(places.run_dir(folder), ignore_errors=True)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def start(var: Path, stack: ExitStack) -> embedded.Service:
    server = embedded.start_postgres(var, fsync=False)
    stack.callback(server.stop)
    return server


def ask(var: Path, query: str) -> object:
    with psycopg.connect(places.database_url(var)) as connection:
        row = connection.execute(query).fetchone()
        assert row is not None
        return row[0]


def tell(var: Path, *statements: str) -> None:
    with psycopg.connect(places.database_url(var)) as connection:
        for statement in statements:
            connection.execute(statement)


def kill_all(server: embedded.Service) -> None:
    family = psutil.Process(server.process.pid)
    for process in [family, *family.children(recursive=True)]:
        process.kill()
    server.process.wait()


def test_start_makes_a_database_that_a_second_start_finds(var: Path, stack: ExitStack) -> None:
    server = start(var, stack)
    tell(var, "CREATE TABLE t AS SELECT 7 AS n")
    server.stop()

    start(var, stack)

    assert ask(var, "SELECT n FROM t") == 7


def test_kill_9_loses_nothing_that_was_committed(var: Path, stack: ExitStack) -> None:
    server = embedded.start_postgres(var)
    tell(var, "CREATE TABLE t (n int)")
    committed = 0
    for _ in range(3):
        killer = threading.Timer(0.3, kill_all, [server])
        killer.start()
        committed += insert_until_killed(var, committed)
        killer.join()
        server = embedded.start_postgres(var)
        stack.callback(server.stop)

        found = ask(var, "SELECT count(DISTINCT n) FROM t")

        # The insert in flight may have been committed without its answer getting through.
        assert found in {committed, committed + 1}
    assert committed > 10


def test_start_waits_for_what_a_killed_server_left(var: Path, stack: ExitStack) -> None:
    server = start(var, stack)
    client = psycopg.connect(places.database_url(var))
    stack.callback(client.close)
    backend = psutil.Process(client.info.backend_pid)
    backend.suspend()
    server.process.kill()
    server.process.wait()
    threading.Timer(1, backend.kill).start()

    start(var, stack)

    assert ask(var, "SELECT 1") == 1


def insert_until_killed(var: Path, first: int) -> int:
    """How many inserts were acknowledged."""
    number = first
    try:
        with psycopg.connect(places.database_url(var), autocommit=True) as connection:
            while True:
                connection.execute("INSERT INTO t VALUES (%s)", [number])
                number += 1
    except psycopg.OperationalError:
        return number - first


def test_start_ignores_a_pid_that_belongs_to_another_program(var: Path, stack: ExitStack) -> None:
    kill_all(start(var, stack))
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    stack.push(other)
    stack.callback(other.kill)
    pidfile = var / "postgres" / "postmaster.pid"
    lines = pidfile.read_text().splitlines()
    pidfile.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")

    start(var, stack)

    assert (ask(var, "SELECT 1"), other.poll()) == (1, None)


@pytest.mark.parametrize("content", ["", "no number\n", "999999999\n"])
def test_start_ignores_a_broken_pid_file(var: Path, stack: ExitStack, content: str) -> None:
    start(var, stack).stop()
    (var / "postgres" / "postmaster.pid").write_text(content)

    start(var, stack)

    assert ask(var, "SELECT 1") == 1


def test_a_half_made_cluster_is_made_anew(var: Path, stack: ExitStack) -> None:
    half_made = var / "postgres.new-1"
    (half_made / "base").mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")

    start(var, stack)

    assert (ask(var, "SELECT 1"), half_made.exists()) == (1, False)


def test_a_long_path_with_spaces_works(tmp_path: Path, stack: ExitStack) -> None:
    var = tmp_path / ("a folder, with 'odd' signs & ünïcode " * 5) / "var"
    stack.callback(shutil.rmtree, places.run_dir(var), ignore_errors=True)
    var.mkdir(parents=True)

    start(var, stack)
    broker = embedded.start_broker(var)
    stack.callback(broker.stop)

    assert len(str(var)) > 110
    assert ask(var, "SELECT 1") == 1
    assert redis.Redis(unix_socket_path=str(places.run_dir(var) / "broker.sock")).ping()


def test_services_end_with_a_killed_owner_and_start_again_at_once(
    var: Path, stack: ExitStack
) -> None:
    program = (
        "import sys, time; from pathlib import Path; from revenue import embedded\n"
        "var = Path(sys.argv[1])\n"
        "a = embedded.start_postgres(var, fsync=False); b = embedded.start_broker(var)\n"
        "print(a.process.pid, b.process.pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(var)]
    owner = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    stack.callback(owner.kill)
    assert owner.stdout is not None
    pids = [int(pid) for pid in owner.stdout.readline().split()]
    owner.kill()
    owner.wait()
    owner.stdout.close()

    start(var, stack)
    stack.callback(embedded.start_broker(var).stop)

    assert ask(var, "SELECT 1") == 1
    assert not any(psutil.pid_exists(pid) and _running(pid) for pid in pids)


def _running(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_the_broker_keeps_messages_over_kill_9(var: Path, stack: ExitStack) -> None:
    broker = embedded.start_broker(var)
    stack.callback(broker.stop)
    socket = str(places.run_dir(var) / "broker.sock")
    with redis.Redis(unix_socket_path=socket) as client:
        for number in range(500):
            client.rpush("queue", number)
    broker.process.kill()
    broker.process.wait()

    stack.callback(embedded.start_broker(var).stop)

    with redis.Redis(unix_socket_path=socket) as client:
        assert client.llen("queue") == 500


def test_a_folder_has_one_owner_at_a_time(var: Path) -> None:
    with embedded.owned(var), pytest.raises(embedded.Busy), embedded.owned(var):
        pass

    with embedded.owned(var):
        pass


@as_root
def test_as_nobody_the_cluster_works_below_a_folder_that_only_root_may_enter(
    var: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    var.parent.chmod(0o700)
    start(var, stack).stop()
    monkeypatch.setattr(launch, "way_off_root", lambda: launch.AS_NOBODY)

    server = start(var, stack)

    assert ask(var, "SELECT 1") == 1
    assert psutil.Process(server.process.pid).uids().effective == launch.NOBODY
    assert stat.S_IMODE(var.parent.stat().st_mode) == 0o700
    server.stop()
    monkeypatch.undo()
    start(var, stack)
    assert ask(var, "SELECT 1") == 1


@as_root
def test_as_nobody_the_server_ends_with_its_owner(var: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from revenue import embedded, launch\n"
        "launch.way_off_root = lambda: launch.AS_NOBODY\n"
        "print(embedded.start_postgres(Path(sys.argv[1])).process.pid, flush=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(var)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    psutil.wait_procs([psutil.Process(int(done.stdout))] if _running(int(done.stdout)) else [], 10)

    assert not _running(int(done.stdout))


@as_root
def test_a_socket_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    var = tmp_path / ("long" * 30)
    var.mkdir()
    run = places.run_dir(var)
    run.mkdir()
    try:
        os.chown(run, 12345, -1)

        with pytest.raises(embedded.EmbeddedError, match="belongs to someone else"):
            embedded.start_postgres(var)
    finally:
        run.rmdir()


def test_secrets_are_made_once_and_for_the_owner_only(var: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: places.secrets_of(var), range(32)))

    path = var / "secrets.json"
    assert all(kept == found[0] for kept in found)
    assert json.loads(path.read_text()) == found[0]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in var.iterdir()] == ["secrets.json"]


def test_a_command_runs_beside_the_services_and_gives_its_exit_code(var: Path) -> None:
    program = (
        "import os, psycopg; from pathlib import Path; from revenue import places\n"
        "psycopg.connect(places.database_url(Path(os.environ['COUNTERSIGN_VAR']))); exit(3)"
    )
    variables = {**os.environ, "COUNTERSIGN_VAR": str(var)}
    variables.pop("DATABASE_URL")
    command = [sys.executable, "-m", "revenue.embedded", "--", sys.executable, "-c", program]

    done = subprocess.run(command, cwd=ROOT, env=variables, check=False)

    assert done.returncode == 3


def test_start_tells_where_to_look_when_the_server_will_not_run(
    var: Path, stack: ExitStack
) -> None:
    start(var, stack).stop()
    (var / "postgres" / "PG_VERSION").write_text("9.0\n")

    with pytest.raises(embedded.EmbeddedError, match=r"postgres\.log"):
        embedded.start_postgres(var)


def test_stop_is_a_fast_shutdown_even_with_clients(var: Path, stack: ExitStack) -> None:
    server = start(var, stack)
    client = psycopg.connect(places.database_url(var))
    stack.callback(client.close)

    server.stop(timeout=10)

    assert (server.process.returncode, server.stop_signal) == (0, signal.SIGINT)
