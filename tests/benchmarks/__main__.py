"""Runs the benchmarks on a cluster of their own, which writes to disk as a real one does."""

import os
import subprocess
import sys
from pathlib import Path

from revenue import embedded, places

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = "import django; django.setup(); from tests.benchmarks.run import main; main()"


def environment(folder: Path) -> dict[str, str]:
    """The variables of a house for real use, but for its mail."""
    return {
        **os.environ,
        **places.secrets_of(folder),
        "COUNTERSIGN_VAR": str(folder),
        "DATABASE_URL": places.database_url(folder),
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.settings",
        "BASE_URL": "http://127.0.0.1",
        "BROKER_URL": "redis://127.0.0.1:1",
        "EMAIL_URL": "smtp://127.0.0.1:1",
        "DEMO": "0",
        "LOG_LEVEL": "ERROR",
    }


def main() -> int:
    """Start the cluster, run, and stop it again; the exit code is that of the run."""
    folder = places.var_of(os.environ, ROOT) / "bench"
    try:
        with embedded.owned(folder):
            server = embedded.start_postgres(folder)
            try:
                command = [sys.executable, "-c", PROGRAM, *sys.argv[1:]]
                return subprocess.run(
                    command, cwd=ROOT, env=environment(folder), check=False
                ).returncode
            finally:
                server.stop()
    except embedded.Busy as error:
        sys.stderr.write(f"{error}\n")
        return 2


if __name__ == "__main__":
    raise SystemExit(main())
