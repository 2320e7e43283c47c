"""The import contracts cover everything, and bite."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS: dict[str, dict[str, Any]] = {
    contract["name"]: contract for contract in CONFIG["tool"]["importlinter"]["contracts"]
}
RUN = "from importlinter.cli import lint_imports_command as run; run()"


# What may know pages and tasks, or is wiring with a contract of its own.
ABOVE = {
    "web", "views", "presenting", "forms", "management", "migrations", "templatetags", "tasks", "urls", "apps",
    "settings", "celery", "wsgi", "asgi", "embedded", "supervisor", "launch", "places",
    "environment", "logs",
}  # fmt: skip


def parts(app: str) -> set[str]:
    """The modules and packages right below an app, as dotted names."""
    found = [path.stem for path in (ROOT / app).glob("*.py")]
    found += [path.parent.name for path in (ROOT / app).glob("*/__init__.py")]
    return {f"{app}.{name}" for name in found if name != "__init__"}


def test_every_part_is_in_the_domain_contract_or_known_to_stand_above_it() -> None:
    domain = set(CONTRACTS["Domain code imports neither pages nor tasks"]["source_modules"])
    above = {f"{app}.{name}" for app in ("revenue", "approvals") for name in ABOVE}

    assert (parts("revenue") | parts("approvals")) - above == domain


def test_only_agents_are_free_to_import_a_model_client() -> None:
    held = set(CONTRACTS["Only the agents speak to a model"]["source_modules"])

    assert "approvals" in held
    assert "revenue.agents" not in held
    assert held >= {"revenue.pipeline", "revenue.policies", "revenue.conversation", "revenue.web"}


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("revenue/actors.py", "import approvals.models"),
        ("revenue/ledger.py", "import revenue.settings"),
        ("approvals/priority.py", "import revenue.models"),
        ("revenue/policies/versions.py", "import revenue.tasks"),
        ("approvals/deciding.py", "import anthropic"),
    ],
)
def test_a_forbidden_import_breaks_a_contract(module: str, line: str, tmp_path: Path) -> None:
    for app in ("revenue", "approvals"):
        copy_sources(ROOT / app, tmp_path / app)
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    path = tmp_path / module
    path.write_text(path.read_text() + f"\n{line}\n")

    done = subprocess.run(
        [sys.executable, "-c", RUN], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (done.returncode, "1 broken" in done.stdout) == (1, True), done.stdout[-2000:]


def copy_sources(source: Path, target: Path) -> None:
    for path in source.rglob("*.py"):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
