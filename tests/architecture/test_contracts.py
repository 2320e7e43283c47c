"""The import contracts cover everything, and bite."""

import re
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
    *("web", "views", "presenting", "forms", "management", "templatetags", "tasks", "urls"),
    *("apps", "migrations", "settings", "celery", "wsgi", "asgi", "logs", "environment"),
    *("embedded", "places", "launch", "supervisor"),
}


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
    ("module", "line", "contract"),
    [
        ("revenue/actors.py", "import approvals.models", "Facts flow up"),
        ("revenue/ledger.py", "import revenue.settings", "Nobody imports the wiring"),
        ("approvals/priority.py", "import revenue.models", "Pure rules"),
        ("revenue/policies/versions.py", "import revenue.tasks", "Domain code"),
        ("approvals/deciding.py", "import anthropic", "Only the agents"),
    ],
)
def test_a_forbidden_import_breaks_its_contract(
    module: str, line: str, contract: str, tmp_path: Path
) -> None:
    for app in ("revenue", "approvals"):
        copy_sources(ROOT / app, tmp_path / app)
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    before = broken_contracts(tmp_path)
    path = tmp_path / module
    path.write_text(path.read_text() + f"\n{line}\n")

    after = broken_contracts(tmp_path)

    assert before == []
    assert [name for name in after if name.startswith(contract)] != []


def broken_contracts(folder: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", RUN], cwd=folder, capture_output=True, text=True, check=False
    )
    found = re.findall(r"^(.+) BROKEN$", done.stdout, re.MULTILINE)
    assert (done.returncode == 0) == (found == [])
    return found


def copy_sources(source: Path, target: Path) -> None:
    for path in source.rglob("*.py"):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
