"""Lists in the browser: upload, look, import, faults, mappings."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from revenue import tasks
from revenue.access import Role
from revenue.models import Account, ColumnMapping, ImportRun
from revenue.web import forms_imports
from tests.support.rows import installed, make_account
from tests.support.visits import messages_of, statements, visit_as

pytestmark = pytest.mark.django_db

GOOD = "record_id,name,phone\na1,Harbour Physio,604-534-5114\na2,Zen Salon,call us\n"
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture(autouse=True)
def _quiet_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.advance_imports, "delay", lambda: None)


@pytest.fixture
def founder() -> Client:
    installed(now=timezone.now())
    return visit_as(Role.FOUNDER)


def file(text: str | bytes, name: str = "list.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text, "text/csv")


def load(client: Client, text: str | bytes = GOOD, **form: str) -> Any:
    return client.post("/imports/", {"file": file(text), **form})


def loaded(client: Client, text: str | bytes = GOOD, **form: str) -> ImportRun:
    """A run that the worker has brought to its end."""
    load(client, text, **form)
    tasks.advance_imports()
    return ImportRun.objects.latest("pk")


# Uploading ---------------------------------------------------------------------------------------


def test_a_list_is_looked_at_first_and_changes_nothing(founder: Client) -> None:
    response = load(founder)
    run = ImportRun.objects.get()

    assert response.headers["Location"] == f"/imports/{run.pk}/"
    assert (run.dry_run, run.mapping_id) == (True, "accounts")
    tasks.advance_imports()
    page = founder.get(f"/imports/{run.pk}/").content.decode()
    assert "Nothing is changed yet." in page
    assert "Import these" in page
    assert not Account.objects.exists()


def test_what_was_looked_at_is_imported_with_one_more_click(founder: Client) -> None:
    run = loaded(founder)

    response = founder.post(f"/imports/{run.pk}/act/", {"act": "import"})
    tasks.advance_imports()

    real = ImportRun.objects.latest("pk")
    assert response.headers["Location"] == f"/imports/{real.pk}/"
    assert (real.dry_run, real.state, real.created) == (False, "done", 2)
    assert Account.objects.count() == 2


def test_a_look_is_imported_once(founder: Client) -> None:
    run = loaded(founder)
    founder.post(f"/imports/{run.pk}/act/", {"act": "import"})

    response = founder.post(f"/imports/{run.pk}/act/", {"act": "import"})

    assert "not kept any more" in messages_of(response)[-1]
    assert ImportRun.objects.count() == 2


def test_a_list_can_go_in_at_once(founder: Client) -> None:
    run = loaded(founder, at_once="yes", mapping="accounts")

    assert (run.dry_run, run.created) == (False, 2)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "The file is empty."),
        (b"PK\x03\x04workbook", "work"),
        ("name,name\na,b\n", "more than once"),
        ("a,b\n1,2\n", "No saved mapping reads these columns."),
        ("<script>alert(1)</script>,b\n1,2\n", "No saved mapping"),
    ],
)
def test_a_file_that_can_not_be_read_says_why(
    founder: Client, text: str | bytes, told: str
) -> None:
    response = load(founder, text)

    page = response.content.decode()
    assert response.status_code == 422
    assert told in page
    assert "<script>alert" not in page
    assert not ImportRun.objects.exists()


def test_a_mapping_that_does_not_fit_names_the_columns(founder: Client) -> None:
    response = load(founder, mapping="langley")

    assert "has no column" in response.content.decode()
    assert 'value="langley" selected' in response.content.decode()


def test_a_file_that_is_too_large_is_refused(
    founder: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms_imports, "LARGEST_FILE", 10)

    assert "Split it and load the parts" in load(founder).content.decode()


def test_no_file_is_told(founder: Client) -> None:
    assert "Choose a file first." in founder.post("/imports/", {}).content.decode()


# Runs --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_takes_as_many_statements_for_three_as_for_one(number: int) -> None:
    installed(now=timezone.now())
    client = visit_as(Role.FOUNDER)
    for _ in range(number):
        load(client)

    with statements() as found:
        response = client.get("/imports/")

    assert len(response.context["runs"]) == number
    assert len(found) == IMPORTS_STATEMENTS, "\n".join(found)


IMPORTS_STATEMENTS = 10


def test_a_page_asks_again_only_while_something_runs(founder: Client) -> None:
    load(founder)
    run = ImportRun.objects.get()
    addresses = ("/imports/", f"/imports/{run.pk}/")

    for address in addresses:
        assert "every 2s" in founder.get(address, headers=PARTIAL).content.decode()
    tasks.advance_imports()
    for address in addresses:
        page = founder.get(address, headers=PARTIAL).content.decode()
        assert "every 2s" not in page
        assert "<html" not in page


def test_a_running_import_is_stopped(founder: Client) -> None:
    load(founder)
    run = ImportRun.objects.get()

    founder.post(f"/imports/{run.pk}/act/", {"act": "cancel"})
    again = founder.post(f"/imports/{run.pk}/act/", {"act": "cancel"})

    run.refresh_from_db()
    assert run.state == "cancelled"
    assert messages_of(again)[-1] == "It had ended already."
    assert "Load the file again" in founder.get(f"/imports/{run.pk}/").content.decode()


def test_counts_open_to_rows_and_faults_name_line_column_and_reason(founder: Client) -> None:
    run = loaded(founder, GOOD + "a3,,1\na1,Again,1\na4,Four\n", at_once="yes")

    page = founder.get(f"/imports/{run.pk}/").content.decode()
    rows = founder.get(f"/imports/{run.pk}/?show=created").content.decode()
    values = founder.get(f"/imports/{run.pk}/?issues=values").content.decode()

    assert "the name is empty" in page
    assert "the record id stands already on line 2" in page
    assert "the row has 2 cells, the header has 3" in page
    assert "Harbour Physio" in rows
    assert "is no telephone number" in values


def test_faults_are_paged_by_line_and_downloaded_whole(founder: Client) -> None:
    bad = "".join(f"b{number},,\n" for number in range(60))
    run = loaded(founder, GOOD + bad + '=1+1,"",=cmd\n', at_once="yes")

    first = founder.get(f"/imports/{run.pk}/").context
    second = founder.get(f"/imports/{run.pk}/?after={first['issues_after']}").context
    csv = b"".join(founder.get(f"/imports/{run.pk}/issues.csv").streaming_content)  # type: ignore[attr-defined]

    lines = [issue.line for issue in (*first["issues"], *second["issues"])]
    assert lines == list(range(4, 65))
    assert second["issues_after"] == ""
    assert csv.count(b"the name is empty") == 61
    assert b"\n=" not in csv


@pytest.mark.parametrize("after", ["x", "1-", "-1", "9" * 30, "1-x"])
def test_a_place_that_is_none_starts_at_the_beginning(founder: Client, after: str) -> None:
    run = loaded(founder, GOOD + "a3,,\n", at_once="yes")

    assert len(founder.get(f"/imports/{run.pk}/?after={after}").context["issues"]) == 1


def test_a_changed_row_shows_what_differs(founder: Client) -> None:
    loaded(founder, at_once="yes")
    run = loaded(founder, GOOD.replace("Zen Salon", "Zen <b>Spa</b>"), at_once="yes")

    page = founder.get(f"/imports/{run.pk}/?show=changed").content.decode()

    assert "Zen Salon" in page
    assert "Zen &lt;b&gt;Spa&lt;/b&gt;" in page


def test_a_list_of_people_links_to_their_businesses(founder: Client) -> None:
    account = make_account(name="Harbour", name_key="harbour")
    run = loaded(founder, "email,account_name\nana@harbour.example,Harbour\n", at_once="yes")

    page = founder.get(f"/imports/{run.pk}/?show=created").content.decode()

    assert run.mapping_id == "contacts"
    assert f"/accounts/{account.pk}/" in page


# Mappings ----------------------------------------------------------------------------------------


LIST = "Licence number;Company;Zip;E-Mail\n7;Harbour Physio;V1M 3X4;x\n"


def test_a_mapping_is_made_from_the_columns_of_a_file(founder: Client) -> None:
    page = founder.post("/imports/mapping/new/", {"file": file(LIST), "kind": "accounts"})
    form = page.context["form"]
    assert form["record_id"].value() == "Licence number"
    assert form["field_name"].value() == "Company"
    assert form["field_postcode"].value() == "Zip"
    assert "V1M 3X4" in page.content.decode()

    response = founder.post("/imports/mapping/new/", CHOSEN)

    assert response.headers["Location"] == "/imports/?mapping=town-list"
    spec = ColumnMapping.objects.get(pk="town-list").spec
    assert spec["fields"] == {
        "name": {"columns": ["Company"]}, "postcode": {"columns": ["Zip"], "optional": True}
    }  # fmt: skip
    assert loaded(founder, LIST, at_once="yes").created == 1


CHOSEN = {
    "kind": "accounts", "columns": ["Licence number", "Company", "Zip"],
    "examples": ["7", "H", "V"],
    "title": "Town list", "source_name": "Town", "decimal": ".", "country": "ca",
    "record_id": "Licence number", "field_name": "Company", "field_postcode": "Zip",
}  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("title", "", "This field is required."),
        ("title", "Contacts", "There is a mapping of this name"),
        ("title", "!!!", "String should match pattern"),
        ("field_name", "", "This field is required."),
        ("field_name", "Telephone", "Select a valid choice"),
        ("country", "Canada", "A country has two letters"),
    ],
)
def test_a_fault_in_a_mapping_is_told_and_nothing_chosen_is_lost(
    founder: Client, field: str, value: str, told: str
) -> None:
    response = founder.post("/imports/mapping/new/", {**CHOSEN, field: value})

    page = response.content.decode()
    assert response.status_code == 422
    assert told in page
    assert '<option value="Zip" selected>' in page
    assert not ColumnMapping.objects.filter(pk="town-list").exists()


def test_a_file_without_a_header_says_so(founder: Client) -> None:
    response = founder.post("/imports/mapping/new/", {"file": file("a,a\n"), "kind": "accounts"})

    assert response.status_code == 422
    assert "more than once" in response.content.decode()


def test_hostile_columns_are_only_text(founder: Client) -> None:
    page = founder.post(
        "/imports/mapping/new/",
        {"file": file('"<script>x</script>",b\n"<img src=x>",2\n'), "kind": "contacts"},
    ).content.decode()

    assert "<script>x" not in page
    assert "<img src=x>" not in page


def test_a_mapping_is_shown_and_changed_as_text(founder: Client) -> None:
    spec = ColumnMapping.objects.get(pk="langley").spec
    page = founder.get("/imports/mapping/langley/").content.decode()
    assert "street_address" in page
    assert "Open Government License" in page

    changed = json.dumps({**spec, "title": "Langley again"})
    founder.post("/imports/mapping/langley/", {"spec": changed})

    assert ColumnMapping.objects.get(pk="langley").title == "Langley again"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "This is no JSON"),
        ("[]", "This is no JSON object"),
        ('{"kind": "accounts"}', "Slug: Field required."),
        ('{"slug": "a\\u0000"}', "NUL"),
        ("[" * 30_000, "This is no JSON"),
    ],
)
def test_a_text_that_is_no_mapping_is_told_with_its_path_and_kept(
    founder: Client, text: str, told: str
) -> None:
    before = ColumnMapping.objects.get(pk="langley").spec

    response = founder.post("/imports/mapping/langley/", {"spec": text})

    assert response.status_code == 422
    assert told in response.content.decode()
    assert response.context["form"]["spec"].value() == text
    assert ColumnMapping.objects.get(pk="langley").spec == before


def test_the_accountant_loads_nothing() -> None:
    client = visit_as(Role.ACCOUNTANT)

    assert client.get("/imports/").status_code == 403
    assert client.get("/imports/mapping/new/").status_code == 403
