"""What the documents say exists, and what exists stands in them."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
README = ROOT / "README.md"
OPERATING = ROOT / "docs" / "operating.md"
DOCUMENTS = [README, *sorted((ROOT / "docs").rglob("*.md"))]
WITHOUT_READER = {"COUNTERSIGN_VAR"}
"""Read by `revenue.places`, before the settings."""
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def settings_read() -> set[str]:
    """The first argument of each `read.something("NAME", …)`."""
    calls = (
        node
        for node in ast.walk(ast.parse((ROOT / "revenue" / "settings.py").read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "read"
        and node.func.attr not in {"problem", "finish"}
    )
    names = [call.args[0] for call in calls]
    return {str(name.value) for name in names if isinstance(name, ast.Constant)} | WITHOUT_READER


def section(text: str, title: str) -> str:
    """From the heading that holds the title to the next of its level."""
    found = re.search(rf"^## [\d. ]*{title}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]


def first_cells(table: str) -> list[str]:
    return [name for line in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
            for name in re.findall(r"`([^`]+)`", line)]  # fmt: skip


def commands() -> set[str]:
    return {
        path.stem
        for path in ROOT.glob("*/management/commands/*.py")
        if path.stem != "__init__" and ".venv" not in path.parts
    }


def anchors(document: Path) -> set[str]:
    """The names that headings get where the document is shown."""
    text = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_setting_stands_in_its_table_once_and_no_other() -> None:
    listed = first_cells(section(OPERATING.read_text(), "Settings"))

    assert sorted(listed) == sorted(settings_read())


def test_the_reader_of_settings_is_understood() -> None:
    assert {"PORT", "DATABASE_URL", "SUPPRESSION_KEY", "DEMO", "EMAIL_URL"} <= settings_read()


def test_every_command_of_ours_is_listed_and_no_other() -> None:
    listed = first_cells(section(OPERATING.read_text(), "Commands"))

    assert {name.split()[0] for name in listed} == commands()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_make_targets_that_are_named_exist(document: Path) -> None:
    named = set(re.findall(r"\bmake ([a-z-]+)\b(?=[`\s#])", in_code(document.read_text())))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert named - targets == set()


def in_code(text: str) -> str:
    fences = re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL)
    return "\n".join([*fences, *re.findall(r"`[^`\n]+`", text)])


def test_the_readme_names_every_target_for_people() -> None:
    named = set(re.findall(r"\bmake ([a-z]+)", in_code(README.read_text())))

    assert {"up", "test", "check", "bench"} <= named


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    dead = []
    for link in LINK.findall(document.read_text()):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)

    assert dead == []


def test_every_picture_is_shown_and_small() -> None:
    pictures = [
        path for path in (ROOT / "docs" / "pictures").iterdir() if path.suffix in {".png", ".jpg"}
    ]
    shown = {Path(link).name for link in LINK.findall(README.read_text())}

    assert {path.name for path in pictures} <= shown
    assert [path.name for path in pictures if path.stat().st_size > 250_000] == []


def test_every_decision_is_numbered_and_fits_a_page() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))

    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    assert [path.name for path in records if len(path.read_text()) > 3500] == []
