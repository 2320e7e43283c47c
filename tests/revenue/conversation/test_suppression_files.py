import io
from datetime import UTC, datetime

import pytest
from django.conf import settings
from pytest_django import DjangoAssertNumQueries

from revenue.actors import Actor
from revenue.conversation.suppression import forget, is_suppressed, lift, suppress
from revenue.conversation.suppression_files import (
    ImportReport,
    RowError,
    export_suppressions,
    guarded,
    import_suppressions,
    unguarded,
)
from revenue.models import LedgerEvent, Suppression, SuppressionKind, SuppressionReason

pytestmark = pytest.mark.django_db

ADDRESS, DOMAIN, ACCOUNT = (
    SuppressionKind.ADDRESS,
    SuppressionKind.DOMAIN,
    SuppressionKind.ACCOUNT,
)
NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
FOUNDER = Actor("person", "1")


def importing(content: str | bytes) -> ImportReport:
    data = content if isinstance(content, bytes) else content.encode()
    return import_suppressions(io.BytesIO(data), by=FOUNDER, now=NOW)


def listed() -> list[tuple[str, str | None, str]]:
    return list(Suppression.objects.order_by("id").values_list("kind", "value", "reason"))


def suppressing(kind: SuppressionKind, value: str, note: str = "") -> Suppression:
    reason = SuppressionReason.ASKED
    return suppress(kind=kind, value=value, reason=reason, note=note, by=FOUNDER, now=NOW)


@pytest.mark.parametrize(
    "content",
    [
        "ada@example.com\nexample.org\n",
        "email\nada@example.com\nexample.org\n",
        "\ufeffEmail\r\nada@example.com\r\nexample.org\r\n",
        '"E-Mail";"Name"\nada@example.com;"Ada; the first"\nexample.org;\n',
        "name\tvalue\nAda\tADA@example.com\n\texample.org",
        "\n\nada@example.com\n\n@example.org\n",
    ],
    ids=["bare", "header", "bom", "semicolon", "tab", "blank-lines"],
)
def test_import_reads_the_usual_forms(content: str) -> None:
    report = importing(content)

    assert report == ImportReport(added=2)
    assert listed() == [
        ("address", "ada@example.com", "imported"),
        ("domain", "example.org", "imported"),
    ]
    kinds = list(LedgerEvent.objects.values_list("kind", flat=True))
    assert kinds == ["suppression.added"] * 2


def test_import_reads_kind_reason_and_note() -> None:
    importing("kind,value,reason,note\nDomain,example.org,Complaint,=rude\n,b@example.org,,\n")

    assert listed() == [
        ("domain", "example.org", "complaint"),
        ("address", "b@example.org", "imported"),
    ]
    assert Suppression.objects.order_by("id")[0].note == "=rude"


def test_import_names_line_column_and_reason_and_takes_the_good_rows() -> None:
    report = importing(
        "value,kind,reason\n"
        "ada@example.com,,\n"
        "nobody,,\n"
        "7,account,\n"
        "bob@example.com,address,because\n"
        '"two\nlines@example.com",,\n'
        "eve@example.com,,\n"
    )

    assert (report.added, report.failed) == (2, 4)
    assert [(error.line, error.column) for error in report.errors] == [
        (3, "value"),
        (4, "kind"),
        (5, "reason"),
        (7, "value"),
    ]
    assert all(error.reason.endswith(".") for error in report.errors)


def test_import_twice_changes_nothing() -> None:
    content = "ada@example.com\nADA@example.com\nexample.org\n"
    importing(content)

    report = importing(content)

    assert report == ImportReport(added=0, known=3)
    assert Suppression.objects.count() == 2
    assert LedgerEvent.objects.count() == 2


def test_import_does_not_touch_entries_that_are_there() -> None:
    entry = suppressing(ADDRESS, "ada@example.com")

    report = importing("value,reason\nada@example.com,complaint\n")

    assert report == ImportReport(known=1)
    assert Suppression.objects.get().reason == entry.reason


@pytest.mark.parametrize(
    ("content", "added", "failed"),
    [
        (b"", 0, 0),
        (b"email\n", 0, 0),
        (b"ada@example.com\n\xff\xfe@example.com\nbob@example.com\n", 2, 1),
        (b"ada@example.com\nb\x00b@example.com\nbob@example.com\n", 2, 1),
        (b"ada@example.com\n" + b"x" * 10_000_000 + b"\nbob@example.com\n", 2, 1),
        (b'ada@example.com\n"never closed\nbob@example.com\n', 1, 1),
        (b"email,email,email\nada@example.com\nbob@example.com,x,y,z,z\n", 2, 0),
        (b"=1+1@example.com\n+a@example.com\n'-b@example.com\n", 3, 0),
    ],
    ids=["empty", "header", "not-utf8", "nul", "10MB", "quote", "ragged", "formulas"],
)
def test_import_survives_a_hostile_file(content: bytes, added: int, failed: int) -> None:
    report = importing(content)

    assert (report.added, report.failed) == (added, failed)


def test_import_caps_the_errors_that_it_lists() -> None:
    report = importing("nobody\n" * 1500)

    assert report.failed == 1500
    assert len(report.errors) == 1000
    assert report.errors[0] == RowError(1, "value", report.errors[0].reason)


def test_import_goes_in_batches(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    content = "".join(f"user{number}@example.com\n" for number in range(2500))

    with django_assert_max_num_queries(20):
        report = importing(content)

    assert report == ImportReport(added=2500)
    assert Suppression.objects.count() == LedgerEvent.objects.count() == 2500


def test_export_lists_what_is_active_latest_first() -> None:
    suppressing(ADDRESS, "=cmd@example.com", note='@SUM(1+1), "quoted"')
    lifted = suppressing(DOMAIN, "example.org")
    lift(suppression_id=lifted.pk, reason="A mistake", by=FOUNDER, now=NOW)
    forgotten = suppressing(ADDRESS, "ada@example.com")
    forget(kind=ADDRESS, value="ada@example.com", by=FOUNDER, now=NOW)
    suppressing(ACCOUNT, "7")

    lines = "".join(export_suppressions()).splitlines()

    at = "2026-11-20T17:00:00+00:00"
    assert lines[0] == "kind,value,reason,note,suppressed_at,digest"
    assert [line.rpartition(",")[0] for line in lines[1:]] == [
        f"account,7,asked,,{at}",
        f"address,,asked,,{at}",
        f'address,\'=cmd@example.com,asked,"\'@SUM(1+1), ""quoted""",{at}',
    ]
    assert lines[2].endswith(forgotten.digest)


def test_export_goes_in_again() -> None:
    suppressing(ADDRESS, "+1@example.com", note="-5")
    suppressing(DOMAIN, "example.org")
    exported = "".join(export_suppressions())
    before = listed()
    Suppression.objects.all().delete()

    report = importing(exported)

    assert report == ImportReport(added=2)
    assert sorted(listed()) == sorted(before)
    assert Suppression.objects.get(kind=ADDRESS).note == "-5"
    key = settings.SUPPRESSION_KEY
    assert is_suppressed(address="+1@example.com", account_id=None, key=key)


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_guarded_cell_is_no_formula_and_can_be_read_back(cell: str) -> None:
    assert guarded(cell) == f"'{cell}"
    assert unguarded(guarded(cell)) == cell


@pytest.mark.parametrize("cell", ["", "x", "1", "'quoted'", "a=b"])
def test_harmless_cell_stays_as_it_is(cell: str) -> None:
    assert guarded(cell) == cell
    assert unguarded(cell) == cell
