"""A test cluster of our own, no way out of the machine, and a real browser where there is one."""

import atexit
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import django
import hypothesis
import pytest

from revenue import embedded, places

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-sync",
    "--disable-background-networking",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]
ROOT = Path(__file__).resolve().parent.parent


# Environment: before Django reads its settings ---------------------------------------------------


def _start_cluster(folder: Path, stack: ExitStack) -> Path:
    """Start the test cluster in this folder, or in a temporary one if another run has it."""
    try:
        stack.enter_context(embedded.owned(folder))
    except embedded.Busy:
        folder = Path(tempfile.mkdtemp(prefix="countersign-test-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.enter_context(embedded.owned(folder))
    try:
        server = embedded.start_postgres(folder, fsync=False)
    except embedded.EmbeddedError:
        # Without fsync a crash of the machine may have torn it; nothing in it is worth keeping.
        shutil.rmtree(folder / "postgres", ignore_errors=True)
        server = embedded.start_postgres(folder, fsync=False)
    stack.callback(server.stop)
    return folder


def _set_environment() -> None:
    """Give this process a cluster of its own: the ledger's order looks at the whole cluster."""
    stack = ExitStack()
    atexit.register(stack.close)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    base = os.environ.get("COUNTERSIGN_TEST_BASE") or str(places.var_of(os.environ, ROOT) / "test")
    folder = Path(base) / worker
    folder.mkdir(parents=True, exist_ok=True)
    if os.environ.get("COUNTERSIGN_TEST_BASE") or not os.environ.get("DATABASE_URL"):
        folder = _start_cluster(folder, stack)
        os.environ["DATABASE_URL"] = places.database_url(folder)
        os.environ.setdefault("COUNTERSIGN_TEST_BASE", str(folder))
    (folder / "static").mkdir(exist_ok=True)
    os.environ.update(
        COUNTERSIGN_VAR=str(folder),
        TESTING="1",
        DEMO="0",
        DJANGO_SETTINGS_MODULE="revenue.settings",
        DJANGO_ALLOW_ASYNC_UNSAFE="1",
        SECRET_KEY="for tests only " * 4,
        SUPPRESSION_KEY="for tests only " * 3,
        BASE_URL="http://testserver",
        BROKER_URL="memory://",
        EMAIL_URL="smtp://127.0.0.1:1",
        LOG_LEVEL="WARNING",
    )
    for name in ("DEBUG", "ALLOWED_HOSTS", "BEHIND_PROXY", "PORT"):
        os.environ.pop(name, None)


_set_environment()
django.setup()
# A worker of pytest-xdist would read the settings before it has a cluster of its own.
del os.environ["DJANGO_SETTINGS_MODULE"]

# In CI the same examples each time: a new find should not stop a change that did not cause it.
hypothesis.settings.register_profile(
    "ours", deadline=None, derandomize=os.environ.get("CI", "").lower() == "true"
)
hypothesis.settings.load_profile("ours")


# No way out --------------------------------------------------------------------------------------


class OutsideAddress(Exception):
    """A test tried to reach another machine."""


_connect = socket.socket.connect


def _guarded_connect(self: Any, address: Any) -> None:
    if self.family in {socket.AF_INET, socket.AF_INET6}:
        host = str(address[0])
        if host not in {"localhost", "::1", ""} and not host.startswith("127."):
            raise OutsideAddress(f"{OutsideAddress.__doc__} ({host})")
    _connect(self, address)


socket.socket.connect = _guarded_connect  # type: ignore[method-assign]


# Order and database ------------------------------------------------------------------------------


def _cost(item: pytest.Item) -> float:
    """About how long it takes: seconds it may last for what starts processes, else next to none."""
    if item.get_closest_marker("browser") or item.get_closest_marker("slow"):
        limit = item.get_closest_marker("timeout")
        return float(limit.args[0]) if limit else 2
    fixtures: list[str] = getattr(item, "fixturenames", [])
    marker = item.get_closest_marker("django_db")
    flushes = marker is not None and marker.kwargs.get("transaction", False)
    return int(flushes or "transactional_db" in fixtures or "live_server" in fixtures)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Quick tests come first. Where several processes share the work they come last, and fill
    the gaps that the long ones leave."""
    items.sort(key=_cost, reverse=hasattr(config, "workerinput"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Let TRUNCATE through, which is how a test with real transactions cleans up.

    At the end sessions are closed whose clients were killed: the server does not know it yet.
    """
    from django.db import connection  # noqa: PLC0415 - needs the settings

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, quote_ident(tgname) FROM pg_trigger"
            " WHERE tgname LIKE '%\\_no\\_truncate' AND NOT tgisinternal"
        )
        for table, trigger in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user"
            " AND pid <> pg_backend_pid()"
        )


# Browser -----------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium; without one the test is skipped, but fails in CI."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        reason = "no Chromium on this machine; install it to run the browser tests"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return {**browser_type_launch_args, "executable_path": program, "args": CHROMIUM_FLAGS}
