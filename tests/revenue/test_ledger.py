"""The ledger: appending, sealing, reading in order, and finding what was tampered with."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from revenue import ledger
from revenue.actors import Actor
from revenue.ledger import Event
from revenue.models import LedgerCursor, LedgerEvent
from tests.support.sessions import other_session
from tests.support.tampering import tamper

BY = Actor("person", "3")
NOW = datetime(2026, 11, 18, 18, 0, tzinfo=UTC)
committed = pytest.mark.django_db(transaction=True)


def append(subject: str, *, kind: str = "test.happened", **data: object) -> None:
    ledger.append(kind=kind, subject=subject, by=BY, now=NOW, data=data)


def sealed_chain(length: int = 7) -> None:
    for number in range(1, length + 1):
        append(f"thing:{number}", amount=number)
    assert ledger.seal_all(batch=3) == length


class Undone(Exception):
    """The operation failed after it had written its event."""


# Appending and sealing ---------------------------------------------------------------------------


@committed
def test_seal_numbers_committed_events_in_the_order_of_their_transactions() -> None:
    append("thing:1", amount=1)
    ledger.append_many(kind="test.many", by=BY, now=NOW, about=[("thing:2", {}), ("thing:3", {})])

    sealed = ledger.seal()

    assert sealed == 3
    assert ledger.read(after=0, limit=10) == [
        Event(1, NOW, "test.happened", "thing:1", "person:3", {"amount": 1}),
        Event(2, NOW, "test.many", "thing:2", "person:3", {}),
        Event(3, NOW, "test.many", "thing:3", "person:3", {}),
    ]


@committed
def test_an_event_is_not_read_before_it_is_sealed() -> None:
    append("thing:1")

    assert ledger.read(after=0, limit=10) == []


@committed
def test_a_rolled_back_operation_leaves_no_event_and_no_gap() -> None:
    append("thing:1")
    with transaction.atomic():
        append("thing:2")
        transaction.set_rollback(True)
    append("thing:3")

    ledger.seal_all()

    events = ledger.read(after=0, limit=10)
    assert [(event.seq, event.subject) for event in events] == [(1, "thing:1"), (2, "thing:3")]


@committed
def test_seal_all_in_small_batches_gives_the_same_chain_as_in_one() -> None:
    sealed_chain(7)
    in_threes = ledger.verify().digest
    tamper("update revenue_ledgerevent set seq = null, digest = null")
    tamper("delete from revenue_ledgerhead")

    ledger.seal_all(batch=100)

    assert ledger.verify().digest == in_threes


@committed
def test_seal_leaves_the_work_to_the_one_who_is_at_it() -> None:
    append("thing:1")
    with other_session() as other:
        other.execute("begin")
        other.execute("select pg_advisory_xact_lock(%s)", [ledger.SEALER_LOCK])

        while_another_seals = ledger.seal()
        other.execute("rollback")

    assert (while_another_seals, ledger.seal()) == (0, 1)


@committed
def test_seal_waits_for_a_transaction_that_began_before() -> None:
    """An earlier transaction may still commit an event with a lower id than one that is visible."""
    with other_session() as earlier:
        earlier.execute("begin")
        earlier.execute(
            "insert into revenue_ledgerevent (at, kind, subject, actor, data)"
            " values (now(), 'test.slow', 'thing:early', 'person:3', '{}')"
        )
        append("thing:late")

        while_in_flight = ledger.seal()
        earlier.execute("commit")

    assert while_in_flight == 0
    assert ledger.seal() == 2
    assert [event.subject for event in ledger.read(after=0, limit=9)] == [
        "thing:early",
        "thing:late",
    ]


@committed
def test_an_event_with_a_line_feed_in_its_subject_is_refused() -> None:
    with pytest.raises(IntegrityError, match="ledger_text_is_one_line"):
        append("thing:1\nthing:2")


@given(
    previous=st.binary(min_size=32, max_size=32),
    seq=st.integers(1, 2**63),
    texts=st.lists(st.text(), min_size=2, max_size=2, unique=True),
)
def test_chain_differs_when_anything_it_covers_differs(
    previous: bytes, seq: int, texts: list[str]
) -> None:
    digest = ledger.chain(previous, seq, texts[0])

    assert digest != ledger.chain(previous, seq, texts[1])
    assert digest != ledger.chain(previous, seq + 1, texts[0])
    assert digest != ledger.chain(digest, seq, texts[0])


# Consumers ---------------------------------------------------------------------------------------


@committed
def test_consume_hands_over_each_event_once_and_in_order() -> None:
    sealed_chain(5)
    got: list[int] = []

    counts = [
        ledger.consume("reader", lambda event: got.append(event.seq), limit=2) for _ in "1234"
    ]

    assert counts == [2, 2, 1, 0]
    assert got == [1, 2, 3, 4, 5]


@committed
def test_a_consumer_that_fails_keeps_its_place_and_none_of_its_writes() -> None:
    sealed_chain(3)

    def fail_at_two(event: Event) -> None:
        append(f"echo:{event.seq}", kind="test.echo")
        if event.seq == 2:
            raise Undone

    with pytest.raises(Undone):
        ledger.consume("reader", fail_at_two)

    assert LedgerCursor.objects.get(pk="reader").seq == 0
    assert not LedgerEvent.objects.filter(kind="test.echo").exists()


@committed
def test_two_consumers_do_not_share_their_place() -> None:
    sealed_chain(3)
    ledger.consume("first", lambda event: None)
    got: list[int] = []

    ledger.consume("second", lambda event: got.append(event.seq))

    assert got == [1, 2, 3]


# Tampering ---------------------------------------------------------------------------------------

CHANGE = "update revenue_ledgerevent set {} where seq = {}"
REMOVE = "delete from revenue_ledgerevent where seq = {}"


def after(statement: str, *, batch: int = 5000) -> ledger.Verification:
    """What ``verify`` says once this was done; it is undone again."""
    with transaction.atomic():
        assert tamper(statement) == 1
        found = ledger.verify(batch=batch)
        transaction.set_rollback(True)
    return found


@committed
def test_verify_finds_an_untouched_chain_whole() -> None:
    sealed_chain(7)

    found = ledger.verify(batch=2)

    assert (found.checked, found.first_bad, found.problem) == (7, None, "")


@committed
def test_verify_finds_an_empty_ledger_whole() -> None:
    assert ledger.verify() == ledger.Verification(0, None, "", ledger.GENESIS)


@committed
@pytest.mark.parametrize(
    "change",
    [
        "data = jsonb_set(data, '{amount}', '1000')",
        "data = '{}'",
        "kind = 'test.other'",
        "subject = 'thing:99'",
        "actor = 'person:4'",
        "at = at + interval '1 microsecond'",
        "id = id + 1000",
        "digest = sha256('x')",
    ],
)
def test_verify_names_a_changed_row(change: str) -> None:
    sealed_chain(7)

    found = {seq: after(CHANGE.format(change, seq), batch=2) for seq in (1, 4, 7)}

    assert found == {
        seq: ledger.Verification(seq - 1, seq, f"row {seq} is not what was sealed")
        for seq in (1, 4, 7)
    }


@committed
def test_verify_names_a_removed_row() -> None:
    sealed_chain(7)

    found = {seq: after(REMOVE.format(seq)) for seq in (1, 4, 7)}

    assert found == {
        seq: ledger.Verification(seq - 1, seq, f"row {seq} is missing") for seq in (1, 4, 7)
    }


@committed
def test_verify_finds_everything_removed() -> None:
    sealed_chain(7)

    tamper("delete from revenue_ledgerevent")

    assert ledger.verify().first_bad == 1


@committed
def test_verify_finds_a_row_taken_out_of_the_chain_to_be_sealed_anew() -> None:
    sealed_chain(7)

    tamper(CHANGE.format("seq = null, digest = null", 3))
    ledger.seal_all()

    assert (ledger.verify().first_bad, ledger.verify().problem) == (3, "row 3 is missing")


@committed
@pytest.mark.parametrize(("one", "other"), [(1, 2), (3, 6), (6, 7)])
@pytest.mark.parametrize("with_digest", [True, False])
def test_verify_names_the_first_of_two_swapped_rows(
    one: int, other: int, with_digest: bool
) -> None:
    sealed_chain(7)
    digests = {row.seq: row.digest for row in LedgerEvent.objects.all()}

    tamper(CHANGE.format("seq = -1", one))
    tamper(CHANGE.format(f"seq = {one}", other))
    tamper(CHANGE.format(f"seq = {other}", -1))
    if not with_digest:
        for seq in (one, other):
            tamper("update revenue_ledgerevent set digest = %s where seq = %s", [digests[seq], seq])

    assert ledger.verify().first_bad == one


INSERT = """insert into revenue_ledgerevent (xid, at, kind, subject, actor, data, seq, digest)
            values ('1', now(), 'test.forged', 'thing:1', 'person:3', '{}', %s, %s) returning id"""


@committed
def test_verify_names_a_row_inserted_between_others() -> None:
    sealed_chain(7)

    tamper("update revenue_ledgerevent set seq = -seq - 1 where seq >= 4")
    tamper("update revenue_ledgerevent set seq = -seq where seq < 0")
    tamper(INSERT, [4, bytes(32)])

    assert ledger.verify().first_bad == 4


@committed
@pytest.mark.parametrize("seq", [0, -3])
def test_verify_names_a_row_inserted_before_the_first(seq: int) -> None:
    sealed_chain(7)

    tamper(INSERT, [seq, bytes(32)])

    found = ledger.verify()
    assert (found.first_bad, found.problem) == (seq, f"row {seq} should not be there")


def forged(seq: int, previous: bytes) -> bytes:
    """Append a row with a digest that fits, as anybody can who knows the method."""
    tamper(INSERT, [seq, bytes(32)])
    with connection.cursor() as cursor:
        cursor.execute(ledger.SEALED_ROWS)
        content = next(text for number, _, text in cursor.fetchall() if number == seq)
    digest = ledger.chain(previous, seq, content)
    tamper("update revenue_ledgerevent set digest = %s where seq = %s", [digest, seq])
    return digest


@committed
def test_verify_names_a_row_added_at_the_end_with_a_digest_that_fits() -> None:
    sealed_chain(7)

    forged(8, ledger.verify().digest)

    found = ledger.verify()
    assert (found.first_bad, found.problem) == (8, "row 8 was not sealed by the sealer")


@committed
def test_seal_stops_at_a_row_that_was_added_at_the_end() -> None:
    sealed_chain(7)
    forged(8, ledger.verify().digest)
    append("thing:8")

    with pytest.raises(IntegrityError, match="ledger_seq_unique"):
        ledger.seal()


@committed
def test_verify_finds_a_changed_head() -> None:
    sealed_chain(7)

    found = [
        after("update revenue_ledgerhead set digest = sha256('x')"),
        after("update revenue_ledgerhead set seq = 6"),
        after("update revenue_ledgerhead set seq = 8"),
        after("update revenue_ledgerhead set seq = 0, digest = decode(repeat('00', 32), 'hex')"),
        after("delete from revenue_ledgerhead"),
    ]

    assert [one.first_bad for one in found] == [7, 6, 8, 1, 1]


@committed
def test_only_a_noted_digest_shows_a_chain_that_was_written_anew() -> None:
    sealed_chain(7)
    noted = (5, bytes(LedgerEvent.objects.get(seq=5).digest or b""))
    assert ledger.verify(noted=noted).first_bad is None

    tamper(CHANGE.format("data = '{}'", 2))
    tamper("update revenue_ledgerevent set seq = null, digest = null")
    tamper("delete from revenue_ledgerhead")
    ledger.seal_all()

    assert ledger.verify().first_bad is None
    found = ledger.verify(noted=noted)
    assert (found.first_bad, found.problem) == (5, "row 5 is not the one that was noted")


@committed
def test_verify_finds_a_cut_off_end_by_the_noted_digest() -> None:
    sealed_chain(7)
    noted = (7, ledger.verify().digest)

    tamper("delete from revenue_ledgerevent")
    tamper("delete from revenue_ledgerhead")

    assert ledger.verify(noted=noted).problem == "row 1 is missing"


@committed
def test_the_chain_does_not_depend_on_the_session_of_the_reader() -> None:
    ledger.append(
        kind="test.odd", subject="thing:ü", by=BY, now=NOW + timedelta(microseconds=7),
        data={"text": "a\nb\x01\u2028", "n": 1.50, "deep": {"b": [1, None], "a": True}},
    )  # fmt: skip
    ledger.seal_all()

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local timezone = 'Asia/Kathmandu'")
        cursor.execute("set local datestyle = 'German'")
        cursor.execute("set local extra_float_digits = -5")
        found = ledger.verify()

    assert found.first_bad is None


# The command -------------------------------------------------------------------------------------


def run(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("verify_ledger", *arguments, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


@committed
def test_verify_ledger_says_that_all_is_well_and_what_to_note() -> None:
    sealed_chain(7)
    append("thing:8")

    code, said = run()

    digest = ledger.verify().digest.hex()
    assert code == 0
    assert said.startswith("7 events are whole and in order, 1 wait to be sealed (")
    assert said.endswith(f"note somewhere else: 7:{digest}\n")


@committed
def test_verify_ledger_names_the_first_bad_row_and_fails() -> None:
    sealed_chain(7)
    tamper(CHANGE.format("subject = 'thing:99'", 4))

    code, said = run()

    assert (code, said) == (
        1,
        "BROKEN: row 4 is not what was sealed; the 3 rows before it are good\n",
    )


@committed
def test_verify_ledger_speaks_json() -> None:
    sealed_chain(7)
    tamper(REMOVE.format(7))

    code, said = run("--json")

    report = json.loads(said)
    assert code == 1
    assert report.pop("seconds") >= 0
    assert report == {
        "checked": 6,
        "first_bad": 7,
        "problem": "row 7 is missing",
        "last": None,
        "unsealed": 0,
    }


@committed
def test_verify_ledger_takes_what_an_earlier_run_said_to_note() -> None:
    sealed_chain(7)
    last = json.loads(run("--json")[1])["last"]
    append("thing:8")
    ledger.seal_all()
    number, _, digest = last.partition(":")
    wrong = f"{number}:{digest[:-2]}{'00' if digest[-2:] != '00' else '11'}"

    assert run("--noted", last)[0] == 0
    assert run("--noted", wrong)[0] == 1


@pytest.mark.parametrize("noted", ["7", "x:00", "7:zz"])
def test_verify_ledger_refuses_a_malformed_note(noted: str) -> None:
    with pytest.raises(CommandError, match="NUMBER:DIGEST"):
        call_command("verify_ledger", "--noted", noted)
