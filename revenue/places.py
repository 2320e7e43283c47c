"""Where things are kept on this machine: folder, sockets, keys."""

import contextlib
import hashlib
import json
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

USER = "countersign"
DATABASE = "countersign"
# A unix socket's path may have 107 bytes; PostgreSQL adds "/.s.PGSQL.5432".
LONGEST_SOCKET_DIR = 85
PLAIN_PATH = re.compile(r"[\w./-]+", re.ASCII)


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
