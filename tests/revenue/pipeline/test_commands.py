from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from revenue.models import Account, ImportRun
from tests.revenue.pipeline.support import LANGLEY, LATER, add_mapping, imported

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mappings")]

ROWS = "record_id,name,phone\n1,Harbour Physio,604-534-5114\n,Cedar Spa,\n"


def run(name: str, *arguments: Any) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    path.write_text(ROWS)
    return path


def test_an_import_says_what_it_did(file: Path) -> None:
    assert run("import_accounts", file, "--mapping", "accounts") == (
        "2 rows: 1 new, 0 changed, 0 unchanged, 0 matched to a known account,"
        " 0 moved to another, 0 doubtful, 1 refused.\n"
        "  line 3, column record_id: the record id is empty\n"
    )
    assert Account.objects.count() == 1
    assert ImportRun.objects.get().started_by == "system:command"


def test_a_dry_run_says_what_would_happen(file: Path) -> None:
    said = run("import_accounts", file, "--mapping", "accounts", "--dry-run")
    assert said.startswith("2 rows: 1 would be new, 0 would be changed,")
    assert not Account.objects.exists()


def test_a_program_reads_json(file: Path) -> None:
    said = json.loads(run("import_accounts", file, "--mapping", "accounts", "--json"))
    assert said == {
        "import": ImportRun.objects.get().pk,
        "state": "done",
        "dry_run": False,
        "rows": 2,
        "created": 1,
        "changed": 0,
        "unchanged": 0,
        "merged": 0,
        "moved": 0,
        "doubtful": 0,
        "refused": 1,
        "failure": "",
        "issues": [{"line": 3, "column": "record_id", "reason": "the record id is empty"}],
    }


@pytest.mark.parametrize(
    ("mapping", "content", "message"),
    [
        ("nothing", ROWS, "There is no mapping 'nothing'. There is: accounts, contacts, langley,"),
        ("langley", ROWS, "The file has no column"),
        ("accounts", "", "The file is empty."),
    ],
)
def test_a_file_that_can_not_be_imported_stops_with_a_clear_line(
    file: Path, mapping: str, content: str, message: str
) -> None:
    file.write_text(content)
    with pytest.raises(CommandError) as caught:
        run("import_accounts", file, "--mapping", mapping)
    assert str(caught.value).startswith(message)


def test_a_missing_file_stops_with_a_clear_line(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        run("import_accounts", tmp_path / "none.csv", "--mapping", "accounts")


def test_the_purge_says_what_it_removed() -> None:
    add_mapping("yelp", keep_days=1)
    imported("record_id,name\ny1,Harbour Physio\n", "yelp")
    with time_machine.travel(LATER, tick=False):
        assert run("purge_expired") == (
            "1 records emptied, 1 accounts changed, 0 pieces of old files removed.\n"
        )
    assert json.loads(run("purge_expired", "--json")) == {"records": 0, "accounts": 0, "files": 0}


def test_the_shipped_list_imports_by_command() -> None:
    said = json.loads(run("import_accounts", LANGLEY, "--mapping", "langley", "--json"))
    assert (said["rows"], said["refused"]) == (937, 0)
    assert said["created"] + said["merged"] == 937
