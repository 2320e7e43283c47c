"""The ledger: what happened, in one order, chained so that a change shows.

Operations call ``append`` in their own transaction and never wait for one another. ``seal``
numbers what has been committed and chains the hashes. Readers see sealed events only, so their
order never changes and has no gaps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from revenue.actors import Actor
from revenue.models import LedgerCursor, LedgerEvent, LedgerHead

GENESIS = bytes(32)
SEALER_LOCK = 0x1ED6E7
"""Advisory lock of the one transaction that seals at a time."""

# The text that is hashed. `jsonb` prints one text for one value, and the epoch has no time zone.
# No field but the last can hold a line feed (a check constraint refuses it), so the text is
# unambiguous.
CONTENT = r"concat_ws(E'\n', id, extract(epoch from at), kind, subject, actor, data::text)"


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
    """``checked`` sealed rows; ``first_bad`` is the number of the first wrong one, or None."""

    checked: int
    first_bad: int | None
    problem: str


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
        cursor.execute(
            f"""select id, {CONTENT} from revenue_ledgerevent
                where seq is null
                  and (xid < pg_snapshot_xmin(pg_current_snapshot())
                       or xid >= pg_snapshot_xmax(pg_current_snapshot()))
                order by xid, id limit %s""",
            [limit],
        )
        rows = cursor.fetchall()
        if not rows:
            return 0
        cursor.execute("select seq, digest from revenue_ledgerhead")
        seq, digest = cursor.fetchone() or (0, GENESIS)
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


def verify(*, batch: int = 20_000) -> Verification:
    """Check numbers and hashes of the whole chain from its first row, in flat memory."""
    previous, expected = GENESIS, 0
    for seq, digest, content in _sealed_rows(batch):
        expected += 1
        if seq != expected:
            return Verification(expected - 1, expected, f"row {expected} is missing")
        previous = chain(previous, seq, content)
        if previous != digest:
            return Verification(expected - 1, seq, f"row {seq} is not what was sealed")
    head = LedgerHead.objects.first()
    if head is not None and head.seq > expected:
        return Verification(expected, expected + 1, f"row {expected + 1} is missing")
    return Verification(expected, None, "")


def _sealed_rows(batch: int) -> Iterator[tuple[int, bytes, str]]:
    query = (
        f"select seq, digest, {CONTENT} from revenue_ledgerevent where seq is not null order by seq"
    )
    with server_cursor(query, batch) as cursor:
        while rows := cursor.fetchmany(batch):
            yield from rows


@contextmanager
def server_cursor(query: str, batch: int) -> Iterator[Any]:
    """A cursor whose rows stay on the server until they are fetched."""
    with transaction.atomic():
        cursor = connection.chunked_cursor()
        cursor.itersize = batch
        try:
            cursor.execute(query)
            yield cursor
        finally:
            cursor.close()
