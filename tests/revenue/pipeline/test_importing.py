from __future__ import annotations

import tracemalloc
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from revenue import ledger
from revenue.models import (
    Account,
    DoubtfulPair,
    ImportChunk,
    ImportIssue,
    ImportRun,
    ImportState,
    LedgerEvent,
    PreviewRecord,
    SourceRecord,
)
from revenue.pipeline import importing
from revenue.pipeline.importing import (
    NotADryRunError,
    advance_import,
    cancel_import,
    guarded,
    import_for_real,
    issues_csv,
    unfinished,
)
from revenue.pipeline.reading import UnreadableFileError
from tests.revenue.pipeline.support import (
    BY,
    LANGLEY,
    LATER,
    NOW,
    OSM,
    account_of,
    add_mapping,
    begin,
    counts,
    finish,
    imported,
    issues,
    state,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mappings")]

HEAD = "record_id,name,phone,street,city,country,latitude,longitude\n"
SMALL = (
    HEAD
    + "1,Harbour Physio,604-534-5114,8621 201 St,Langley,CA,49.1597,-122.6659\n"
    + "2,Cedar Massage,604-534-5115,8700 201 St,Langley,CA,49.1697,-122.6659\n"
)


def events(kind: str) -> list[dict[str, object]]:
    return list(LedgerEvent.objects.filter(kind=kind).order_by("id").values_list("data", flat=True))


def test_a_list_goes_in_and_says_what_happened() -> None:
    run = imported(SMALL)
    assert (run.state, run.rows, counts(run)) == (ImportState.DONE, 2, {"created": 2})
    assert (run.offset, run.size, run.line) == (len(SMALL), len(SMALL), 3)
    account = account_of("1")
    assert (account.name, account.phone, account.street, account.city) == (
        "Harbour Physio", "+16045345114", "8621 201 St", "Langley",
    )  # fmt: skip
    assert account.created_at == account.changed_at == NOW
    assert not ImportChunk.objects.exists()
    kinds = ["import.started", "accounts.imported", "import.finished"]
    assert list(LedgerEvent.objects.order_by("id").values_list("kind", flat=True)) == kinds


@pytest.mark.parametrize(("path", "mapping"), [(LANGLEY, "langley"), (OSM, "osm")])
def test_the_same_file_again_changes_nothing(path: object, mapping: str) -> None:
    first = imported(path, mapping)  # type: ignore[arg-type]
    before, accounts = state(), list(Account.objects.order_by("id").values())
    second = imported(path, mapping, now=LATER)  # type: ignore[arg-type]
    assert counts(second) == {"unchanged": first.rows}
    assert state() == before
    assert list(Account.objects.order_by("id").values()) == accounts
    assert set(SourceRecord.objects.values_list("last_seen_at", flat=True)) == {LATER}


def test_a_changed_row_updates_and_is_recorded() -> None:
    imported(SMALL)
    run = imported(SMALL.replace("604-534-5115", "604-534-5116"), now=LATER)
    assert counts(run) == {"changed": 1, "unchanged": 1}
    account = account_of("2")
    assert (account.phone, account.changed_at) == ("+16045345116", LATER)
    assert account_of("1").changed_at == NOW
    assert events("account.changed") == [
        {
            "import": run.pk,
            "source": "accounts",
            "record_id": "2",
            "changes": {"phone": ["+16045345115", "+16045345116"]},
        }
    ]


def test_values_that_may_not_be_kept_stay_out_of_the_ledger() -> None:
    add_mapping("limited", keep_days=30)
    imported(SMALL, "limited")
    imported(SMALL.replace("604-534-5115", "604-534-5116"), "limited", now=LATER)
    (event,) = events("account.changed")
    assert event["changes"] == ["phone"]


def test_a_change_under_screening_is_newer_than_the_screening() -> None:
    imported(SMALL)
    screened = LATER + timedelta(minutes=1)
    Account.objects.update(screened_at=screened)
    imported(SMALL.replace("604-534-5115", "604-534-5116"), now=LATER)
    assert account_of("2").changed_at > screened


def test_bad_rows_are_named_and_good_rows_go_in() -> None:
    data = (
        SMALL.encode()
        + b"3,,,,,CA,,\n"
        + b"4,Caf\xe9,,,,CA,,\n"
        + b"5,a,b\n"
        + b"1,Again,,,,CA,,\n"
        + b",No id,,,,CA,,\n"
        + b"6,Maple Spa,still to come,,,XX,99,999\n"
    )
    run = imported(data)
    assert counts(run) == {"created": 3, "refused": 5}
    assert issues(run) == [
        (4, "name", "the name is empty"),
        (5, "name", "byte 0xE9 is not UTF-8; save the file as UTF-8"),
        (6, "", "the row has 3 cells, the header has 8"),
        (7, "", "the record id stands already on line 2"),
        (8, "record_id", "the record id is empty"),
        (9, "country", "is no country"),
        (9, "phone", "is no telephone number"),
        (9, "latitude", "is no place on earth"),
    ]
    assert list(ImportIssue.objects.filter(refused=False).values_list("line", flat=True)) == [9] * 3


@pytest.mark.parametrize("dry", [False, True])
def test_a_record_id_that_stands_twice_is_found_across_batches(dry: bool) -> None:
    imported(SMALL)
    run = imported(SMALL + SMALL.split("\n", 1)[1], dry=dry, batch=1, now=LATER)
    assert counts(run) == {"unchanged": 2, "refused": 2}
    assert [reason for _, _, reason in issues(run)] == ["the record id stands already above"] * 2


@pytest.mark.parametrize("batch", [1, 300, 2000])
def test_a_dry_run_says_what_the_import_then_does_and_writes_nothing(batch: int) -> None:
    rows = LANGLEY.read_bytes().splitlines(keepends=True)
    imported(b"".join(rows[:400]), "langley")
    before, pairs = state(), DoubtfulPair.objects.count()
    data = b"".join(rows[:1] + rows[300 : 900 if batch > 1 else 420])
    data = data.replace(b"604-888-8616", b"604-888-8617")
    dry = imported(data, "langley", dry=True, batch=batch)
    assert (state(), DoubtfulPair.objects.count()) == (before, pairs)
    assert not PreviewRecord.objects.exists()
    real = finish(import_for_real(run=dry, by=BY, now=LATER), now=LATER, batch=batch)
    assert counts(dry) == counts(real)
    assert real.unchanged
    assert real.created
    with pytest.raises(NotADryRunError):
        import_for_real(run=dry, by=BY, now=LATER)


def test_a_dry_run_shows_samples_of_each_outcome() -> None:
    imported(SMALL)
    add_mapping("other")
    data = SMALL.replace("8700 201 St", "8701 201 St") + (
        "3,Harbour Physio,604-534-5114,8621 201 St,Langley,CA,49.1597,-122.6659\n"
    )
    report = imported(data, dry=True).report
    assert report["changed"][0]["changes"] == {"street": ["8700 201 St", "8701 201 St"]}
    assert report["merged"] == [
        {
            "line": 4,
            "record_id": "3",
            "name": "Harbour Physio",
            "place": "8621 201 St, Langley",
            "why": "one telephone number, same address, names 100% alike",
        }
    ]


@pytest.mark.parametrize("batch", [1, 7, 100])
def test_an_import_carries_on_behind_any_batch(batch: int) -> None:
    rows = b"".join(LANGLEY.read_bytes().splitlines(keepends=True)[:120])
    whole = imported(rows, "langley")
    expected = state()
    DoubtfulPair.objects.all().delete()
    SourceRecord.objects.all().delete()
    Account.objects.all().delete()
    run, steps = begin(rows, "langley"), 0
    while run.state == ImportState.RUNNING:
        run = advance_import(run=run, deadline=NOW, clock=lambda: NOW, batch=batch)
        steps += 1
    assert steps == -(-119 // batch) + 1
    assert state() == expected
    assert counts(run) == counts(whole)


def test_a_batch_that_breaks_leaves_no_half_rows_and_fails_the_import(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(**_options: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(ledger, "append_many", broken)
    run = begin(SMALL)
    with pytest.raises(RuntimeError, match="boom"):
        finish(run)
    run.refresh_from_db()
    assert (run.state, run.failure) == ("failed", "stopped behind line 1 by RuntimeError")
    assert not Account.objects.exists()
    assert not ImportChunk.objects.exists()


def test_a_cancelled_import_stops_and_keeps_what_went_in() -> None:
    run = advance_import(run=begin(SMALL), deadline=NOW, clock=lambda: NOW, batch=1)
    assert cancel_import(run=run, by=BY, now=LATER)
    assert not cancel_import(run=run, by=BY, now=LATER)
    run = finish(run)
    assert (run.state, run.rows, Account.objects.count()) == ("cancelled", 1, 1)
    assert events("import.cancelled")[0]["rows"] == 1


def test_unfinished_imports_are_found_by_the_sweep() -> None:
    done, running = imported(SMALL), begin(SMALL)
    assert done.state == ImportState.DONE
    assert list(unfinished()) == [running]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "The file is empty."),
        (b"record_id,title\n", "The file has no column 'name', which the mapping 'accounts' reads"),
        (b"record_id,name,name\n", "The header names 'name' more than once (columns 2 and 3)."),
    ],
)
def test_an_unreadable_file_is_refused_before_anything_is_stored(data: bytes, message: str) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        begin(data)
    assert str(caught.value).startswith(message)
    assert not ImportRun.objects.exists()
    assert not LedgerEvent.objects.exists()


def test_a_header_without_rows_is_an_import_of_nothing() -> None:
    run = imported("record_id,name\n")
    assert (run.state, run.rows, counts(run)) == (ImportState.DONE, 0, {})


def test_issues_open_safely_in_a_spreadsheet() -> None:
    run = imported('record_id,name,phone\n1,Spa,"=HYPERLINK(""x"")"\n@2,,\n')
    lines = list(issues_csv(run))
    assert lines[0] == "line,column,reason,beginning of the cell,row left out\r\n"
    assert lines[1] == '2,phone,is no telephone number,"\'=HYPERLINK(""x"")",no\r\n'
    assert lines[2] == "3,name,the name is empty,,yes\r\n"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_formula_cell_is_guarded(start: str) -> None:
    assert guarded(f"{start}1+1") == f"'{start}1+1"
    assert guarded("1+1") == "1+1"


def test_stored_issues_are_limited_and_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "ISSUES_KEPT", 3)
    monkeypatch.setattr(importing, "NOTES_KEPT", 2)
    rows = "".join(f"{n},,\n" for n in range(5)) + "".join(f"n{n},Spa {n},TBD\n" for n in range(5))
    run = imported("record_id,name,phone\n" + rows, batch=2)
    assert (run.refused, run.report["notes"]) == (5, 5)
    assert ImportIssue.objects.filter(run=run, refused=True).count() == 3
    assert ImportIssue.objects.filter(run=run, refused=False).count() == 2


@pytest.mark.parametrize("first", [1, 301])
def test_a_batch_takes_a_fixed_number_of_statements(first: int) -> None:
    rows = LANGLEY.read_bytes().splitlines(keepends=True)
    run = begin(b"".join([rows[0], *rows[first:901]]), "langley")
    with CaptureQueriesContext(connection) as queries:
        finish(run)
    assert len(queries) == 38


def test_hostile_cells_are_stored_as_they_are_and_do_no_harm() -> None:
    names = [
        "=cmd|'/c calc'!A1",
        "<script>alert(1)</script>",
        "'; drop table x; --",
        "%s %(a)s",
        "\\N",
    ]
    cells = "".join(f'{n},"{name}"\n' for n, name in enumerate(names))
    run = imported("record_id,name\n" + cells)
    assert counts(run) == {"created": 5}
    assert list(Account.objects.order_by("id").values_list("name", flat=True)) == names


def test_unseen_characters_are_taken_out_of_names() -> None:
    imported('record_id,name\n1,"Spa\u202e\nBcc: x\u0007 \u200bOne"\n')
    assert account_of("1").name == "Spa Bcc: x One"


def test_long_cells_in_every_field_cost_no_lasting_memory() -> None:
    columns = ("record_id", "name", "phone", "website", "street", "city", "unit", "area", "brand")
    rows = "".join(
        ",".join([f"{n}", f"Spa {n}", *[f"{n}{'x' * 60_000}"] * 7]) + "\n" for n in range(40)
    )
    data = ",".join(columns) + "\n" + rows
    run = begin(data)
    tracemalloc.start()
    try:
        finish(run, batch=10)
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held < 2 << 20


def test_another_worker_at_the_same_import_leaves_it_alone() -> None:
    run = begin(SMALL)
    stale = ImportRun.objects.get(pk=run.pk)
    finish(run)
    assert finish(stale).rows == 2
    assert Account.objects.count() == 2


def test_reading_stops_at_a_stored_file_that_is_damaged() -> None:
    run = begin(SMALL)
    ImportChunk.objects.update(data=b"\x00")
    run = finish(run)
    assert (run.state, run.failure) == (
        "failed",
        "The header holds a NUL character; is this a CSV file?",
    )


def test_a_file_larger_than_one_piece_is_read_whole() -> None:
    long = "x" * 300
    rows = "".join(f"{n},Spa {n},{long}\n" for n in range(3000))
    run = begin("record_id,name,trade\n" + rows)
    assert ImportChunk.objects.count() > 1
    assert counts(finish(run)) == {"created": 3000}
