"""The ledger: what happened, in one order, chained so that a change shows.

Operations call ``append`` in their own transaction and never wait for one another. ``seal``
numbers what has been committed and chains the hashes. Readers see sealed events only, so their
order never changes and has no gaps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from revenue.actors import Actor
from revenue.models import LedgerCursor, LedgerEvent

GENESIS = bytes(32)
SEALER_LOCK = 0x1ED6E7
"""Advisory lock of the one transaction that seals at a time."""

# The text that is hashed. `jsonb` prints one text for one value, and the epoch has no time zone.
# Neither kind and subject (a check constraint refuses it) nor the text of `jsonb` can hold a line
# feed, so two different rows never give the same text.
CONTENT = r"concat_ws(E'\n', id, extract(epoch from at), kind, subject, actor, data::text)"

COMMITTED_ROWS = f"""
    with unsealed as (
        (select xid, id, {CONTENT} as content from revenue_ledgerevent
         where seq is null and xid < pg_snapshot_xmin(pg_current_snapshot())
         order by xid, id limit %(limit)s)
        union all
        (select xid, id, {CONTENT} from revenue_ledgerevent
         where seq is null and xid >= pg_snapshot_xmax(pg_current_snapshot())
         order by xid, id limit %(limit)s)
    )
    select id, content from unsealed order by xid, id limit %(limit)s
"""  # noqa: S608 - only the constant above goes in
SEALED_ROWS = f"""
    select seq, digest, {CONTENT} from revenue_ledgerevent where seq is not null order by seq
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Event:
    """A sealed event. ``seq`` counts from 1 without gaps."""

    seq: int
    at: datetime
    kind: str
    subject: str
    actor: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verification:
    """``checked`` rows are good; ``first_bad`` is the number of the first wrong one, or None.

    ``digest`` is that of the last row, empty if one is bad. Noted elsewhere with its number, it can
    be asked for again (``verify(noted=…)``): only so would a chain show that was written anew as a
    whole.
    """

    checked: int
    first_bad: int | None
    problem: str = ""
    digest: bytes = b""


def append(
    *, kind: str, subject: str, by: Actor, now: datetime, data: dict[str, Any] | None = None
) -> None:
    """Write one event in the caller's transaction. ``subject`` is like ``send:12``."""
    LedgerEvent.objects.create(
        at=now, kind=kind, subject=subject, actor=str(by), data=data if data is not None else {}
    )


def append_many(
    *, kind: str, by: Actor, now: datetime, about: Sequence[tuple[str, dict[str, Any]]]
) -> None:
    """Write one event for each ``(subject, data)`` in the caller's transaction."""
    LedgerEvent.objects.bulk_create(
        [
            LedgerEvent(at=now, kind=kind, subject=subject, actor=str(by), data=data)
            for subject, data in about
        ],
        batch_size=2000,
    )


@transaction.atomic
def seal(*, limit: int = 5000) -> int:
    """Number and chain up to ``limit`` committed events; return how many, 0 if another seals.

    Safe order: an event is taken only when no transaction that began before its own can still
    commit, that is below the snapshot's xmin. An id at or above the snapshot's xmax can't come
    from this cluster (it was restored from a dump), so nothing of it is in flight either.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        rows = _committed_rows(cursor, limit)
        if not rows:
            return 0
        seq, digest = _head()
        seals: list[tuple[int, int, bytes]] = []
        for event_id, content in rows:
            seq += 1
            digest = chain(digest, seq, content)
            seals.append((event_id, seq, digest))
        ids, seqs, digests = zip(*seals, strict=True)
        cursor.execute(
            """update revenue_ledgerevent e set seq = s.seq, digest = s.digest
               from unnest(%s::bigint[], %s::bigint[], %s::bytea[]) as s(id, seq, digest)
               where e.id = s.id""",
            [list(ids), list(seqs), list(digests)],
        )
        cursor.execute(
            """insert into revenue_ledgerhead (id, seq, digest) values (1, %s, %s)
               on conflict (id) do update set seq = excluded.seq, digest = excluded.digest""",
            [seq, digest],
        )
    return len(rows)


def _committed_rows(cursor: Any, limit: int) -> list[tuple[int, str]]:
    # A bitmap would visit every entry that sealing has left dead in the index; an ordered scan
    # marks them and skips them the next time (0.3 s against 0.015 s behind a million of them).
    cursor.execute("set local enable_bitmapscan = off")
    cursor.execute(COMMITTED_ROWS, {"limit": limit})
    rows: list[tuple[int, str]] = cursor.fetchall()
    cursor.execute("set local enable_bitmapscan to default")
    return rows


def seal_all(*, batch: int = 5000) -> int:
    """Seal until nothing committed is left unsealed; return how many."""
    total = 0
    while sealed := seal(limit=batch):
        total += sealed
    return total


def chain(previous: bytes, seq: int, content: str) -> bytes:
    """The digest of a row: SHA-256 over the previous digest, its number and its text."""
    return hashlib.sha256(b"%b%d\n%b" % (bytes(previous), seq, content.encode())).digest()


def read(*, after: int, limit: int) -> list[Event]:
    """Sealed events with a number above ``after``, in order."""
    rows = (
        LedgerEvent.objects.filter(seq__gt=after)
        .order_by("seq")
        .values_list("seq", "at", "kind", "subject", "actor", "data")[:limit]
    )
    return [Event(*row) for row in rows]  # type: ignore[arg-type]


def consume(consumer: str, handle: Callable[[Event], None], *, limit: int = 500) -> int:
    """Hand the consumer its next events, each exactly once in effect; return how many.

    The cursor moves in the transaction of the handler's own writes, and is locked for it, so a
    crash repeats nothing and two workers never handle the same event.
    """
    LedgerCursor.objects.get_or_create(consumer=consumer)
    with transaction.atomic():
        cursor = LedgerCursor.objects.select_for_update().get(pk=consumer)
        events = read(after=cursor.seq, limit=limit)
        for event in events:
            handle(event)
        if events:
            cursor.seq = events[-1].seq
            cursor.save(update_fields=["seq"])
    return len(events)


def verify(*, noted: tuple[int, bytes] | None = None, batch: int = 5_000) -> Verification:
    """Check numbers and hashes of the whole chain from its first row, in flat memory.

    ``noted`` is a number and its digest from an earlier check. Sealing may go on meanwhile.
    """
    landmarks = [_head(), noted or (0, GENESIS)]
    passed = {0: GENESIS}
    seq, digest = 0, GENESIS
    with closing(_sealed_rows(batch)) as rows:
        for found, sealed, content in rows:
            if found > seq + 1:
                return _bad(seq + 1, "is missing")
            if found <= seq:
                return _bad(found, "should not be there")
            following = chain(digest, found, content)
            if following != sealed:
                return _bad(found, "is not what was sealed")
            seq, digest = found, following
            if any(seq == number for number, _ in landmarks):
                passed[seq] = digest
    for number, then in landmarks:
        if number > seq:
            return _bad(seq + 1, "is missing")
        if passed.get(number) != then:
            return _bad(number, "is not the one that was noted")
    end, _ = _head()
    if seq > end:
        return _bad(end + 1, "was not sealed by the sealer")
    return Verification(checked=seq, first_bad=None, digest=digest)


def _bad(seq: int, what: str) -> Verification:
    return Verification(checked=seq - 1, first_bad=seq, problem=f"row {seq} {what}")


def _head() -> tuple[int, bytes]:
    with connection.cursor() as cursor:
        cursor.execute("select seq, digest from revenue_ledgerhead")
        head: tuple[int, bytes] = cursor.fetchone() or (0, GENESIS)
    return head


def _sealed_rows(batch: int) -> Generator[tuple[int, bytes, str]]:
    with transaction.atomic(), closing(connection.chunked_cursor()) as cursor:
        cursor.execute(SEALED_ROWS)
        while rows := cursor.fetchmany(batch):
            yield from rows
