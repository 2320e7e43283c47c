"""The whole database in one file, and back: what `backup` and `restore` share.

PostgreSQL's own programs do the work, those of the wheel, so that no other need be installed. They
speak to every server that we support.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo

from revenue import embedded

# pg_restore writes it for every server; those before 17 don't know it.
TOO_NEW = b"SET transaction_timeout = 0;\n"
HEADER_LINES = 60


class DumpFailed(Exception):
    """One of PostgreSQL's programs failed; the message is what it said."""


@contextlib.contextmanager
def database(*, alone: bool) -> Iterator[None]:
    """See that the embedded PostgreSQL runs; an outside one runs anyway.

    With ``alone`` nobody else may run on its folder: raises ``embedded.Busy``.
    """
    with contextlib.ExitStack() as stack:
        if settings.EMBEDDED:
            try:
                stack.enter_context(embedded.owned(settings.VAR))
            except embedded.Busy:
                if alone:
                    raise
            else:
                stack.callback(embedded.start_postgres(settings.VAR).stop)
                stack.callback(connection.close)
        yield


def is_empty() -> bool:
    """Whether the database has no tables yet."""
    return not connection.introspection.table_names()


def dump(target: Path) -> None:
    """Write the database, as it is at one moment, to a file that only its owner may read.

    The file gets its name when it is whole. Raises DumpFailed.
    """
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    draft.touch(mode=0o600, exist_ok=False)
    try:
        _run("pg_dump", "--format=custom", f"--file={draft}", f"--dbname={_address()}")
        _run("pg_restore", "--list", str(draft))
        with draft.open("rb+") as written:
            os.fsync(written.fileno())
        # A link, unlike a rename, never replaces an earlier backup.
        target.hardlink_to(draft)
    finally:
        draft.unlink()


def load(source: Path) -> None:
    """Read a dump into an empty database: all of it or, raising DumpFailed, nothing."""
    reading = _command("pg_restore", "--no-owner", "--no-privileges", "--file=-", str(source))
    writing = _command("psql", "--no-psqlrc", "--quiet", "--single-transaction")
    writing += ["--set=ON_ERROR_STOP=1", "--output=/dev/null", f"--dbname={_address()}"]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(reading, stdout=subprocess.PIPE, stderr=said) as reader,
        subprocess.Popen(writing, stdin=subprocess.PIPE, stderr=said, env=_environment()) as writer,
    ):
        with contextlib.suppress(BrokenPipeError):  # psql gave up; it has said why
            _pass_on(reader.stdout, to=writer.stdin)
        if reader.wait() != 0:
            writer.kill()  # at the end of its input it would commit the part that it got
        with contextlib.suppress(BrokenPipeError):
            writer.communicate()
        if reader.returncode != 0 or writer.returncode != 0:
            said.seek(0)
            raise DumpFailed(said.read().decode(errors="replace").strip())


def _pass_on(script: IO[bytes] | None, *, to: IO[bytes] | None) -> None:
    """Hand the script over but for what an older server would not understand; raises OSError."""
    assert script is not None  # noqa: S101 - both are pipes
    assert to is not None  # noqa: S101
    with script:
        for line in (script.readline() for _ in range(HEADER_LINES)):
            if line != TOO_NEW:
                to.write(line)
        shutil.copyfileobj(script, to, 1 << 20)


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run(
        _command(program, *arguments), env=_environment(), capture_output=True, check=False
    )
    if done.returncode != 0:
        raise DumpFailed(done.stderr.decode(errors="replace").strip())


def _command(program: str, *arguments: str) -> list[str]:
    return [str(embedded.postgres_binary(program)), *arguments]


def _address() -> str:
    """Where the database is, without the password: a command line can be seen by others."""
    there = connection.settings_dict
    named = {"dbname": "NAME", "user": "USER", "host": "HOST", "port": "PORT"}
    parts = {key: there[name] for key, name in named.items() if there[name]}
    return make_conninfo("", **{**there["OPTIONS"], **parts})


def _environment() -> dict[str, str]:
    password = connection.settings_dict["PASSWORD"]
    return {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
