"""Other processes that work on the test database, and can be killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from django.db import connection

ROOT = Path(__file__).resolve().parent.parent.parent
SET_UP = "import django; django.setup()\n"


def variables(*, url: str = "") -> dict[str, str]:
    """The environment of a process that works on this database, else on the test's own."""
    name = connection.settings_dict["NAME"]
    own = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    settings = {"DJANGO_SETTINGS_MODULE": "revenue.settings"}
    return {**settings, **os.environ, "DATABASE_URL": url or own}


def start(code: str, *, url: str = "") -> subprocess.Popen[str]:
    """Start Python code with Django ready; its output comes line by line on ``stdout``."""
    return subprocess.Popen(
        [sys.executable, "-u", "-c", SET_UP + code],
        cwd=ROOT,
        env=variables(url=url),
        stdout=subprocess.PIPE,
        text=True,
    )


def run(code: str, *, url: str = "") -> str:
    """Run Python code with Django ready and return what it printed."""
    with start(code, url=url) as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return said
