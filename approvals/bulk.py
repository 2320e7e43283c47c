"""Deciding many at once: each item by itself, and the result says what happened to each."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet

from approvals import attention
from approvals.deciding import (
    AlreadyDecided,
    CannotDecide,
    CannotUndo,
    NotPending,
    Ruling,
    TextChanged,
    decide,
    hold_seconds,
    undo,
)
from approvals.models import (
    Bulk,
    BulkItem,
    BulkResult,
    Channel,
    Choice,
    Decision,
    Send,
    SendState,
)
from revenue import ledger
from revenue.actors import Actor

LARGEST = 5000
SLICE = 50


class NothingChosen(Exception):
    """The set holds nothing that waits for a decision."""


class TooMany(Exception):
    """A bulk order is larger than anybody can mean."""


class NotWhileMissing(Exception):
    """Approving many at once is off for somebody who misses too many planted faults."""


@transaction.atomic
def order_bulk(
    *,
    sends: QuerySet[Send],
    excluded: Collection[int],
    ruling: Ruling,
    filters: dict[str, Any],
    by: Actor,
    now: datetime,
) -> Bulk:
    """Fix the set as it stands, with the revision of each; ``carry_out`` decides them.

    ``sends`` are pending ones. Raises NothingChosen, TooMany, or NotWhileMissing for an approval.
    """
    if ruling.choice == Choice.APPROVE and (refusal := attention.of(by).refusal):
        raise NotWhileMissing(refusal)
    chosen = sends.exclude(pk__in=excluded).filter(revision__isnull=False)
    members = list(chosen.order_by("-score", "-id").values_list("pk", "revision_id")[: LARGEST + 1])
    if not members:
        raise NothingChosen("None of these waits for a decision any more.")
    if len(members) > LARGEST:
        raise TooMany(f"Narrow the set: more than {LARGEST:,} items match.")
    bulk = Bulk.objects.create(
        choice=ruling.choice,
        reason_code=ruling.reason_code,
        reason=ruling.reason,
        filters=filters,
        ordered_at=now,
        ordered_by=str(by),
    )
    BulkItem.objects.bulk_create(
        [BulkItem(bulk=bulk, send_id=send, revision_id=revision) for send, revision in members],
        batch_size=1000,
    )
    ledger.append(
        kind="bulk.ordered",
        subject=f"bulk:{bulk.pk}",
        by=by,
        now=now,
        data={"choice": ruling.choice, "items": len(members), "filters": filters},
    )
    return bulk


def carry_out(*, bulk: Bulk, now: datetime, limit: int = SLICE) -> int:
    """Decide up to ``limit`` open items, one transaction each; return how many are left.

    Safe to run in two places and after a crash: an item is locked while it is decided, and its
    result is written with the decision.
    """
    for _ in range(limit):
        if not _decide_next(bulk, now=now):
            break
    left = BulkItem.objects.filter(bulk=bulk, result__isnull=True).count()
    if not left:
        Bulk.objects.filter(pk=bulk.pk, finished_at__isnull=True).update(finished_at=now)
    return left


@transaction.atomic
def _decide_next(bulk: Bulk, *, now: datetime) -> bool:
    item = (
        BulkItem.objects.select_for_update(skip_locked=True)
        .filter(bulk=bulk, result__isnull=True)
        .order_by("id")
        .first()
    )
    if item is None:
        return False
    ruling = Ruling(
        choice=Choice(bulk.choice),
        reason_code=bulk.reason_code,
        reason=bulk.reason,
        channel=Channel.BULK,
    )
    item.result, item.note = _attempt(item, ruling, by=Actor.parse(bulk.ordered_by), now=now)
    item.save(update_fields=["result", "note"])
    return True


def _attempt(item: BulkItem, ruling: Ruling, *, by: Actor, now: datetime) -> tuple[BulkResult, str]:
    try:
        send = decide(
            send_id=item.send_id, revision_id=item.revision_id, ruling=ruling, by=by, now=now
        )
    except (AlreadyDecided, NotPending) as error:
        return BulkResult.ALREADY, str(error)
    except TextChanged as error:
        return BulkResult.CHANGED, str(error)
    except CannotDecide as error:
        return BulkResult.REFUSED, str(error)
    if send.state == SendState.PENDING:
        return BulkResult.PLANTED, PLANTED_NOTE
    return BulkResult.DECIDED, ""


UNDO_AT_ONCE = 500
STOPPED = "Stopped before its turn"
PLANTED_NOTE = "A fault was planted in it. The mail as drafted waits again."


def undoable(bulk: Bulk, *, now: datetime) -> QuerySet[BulkItem]:
    """The items that this order decided and that can still be taken back."""
    decided = bulk.items.filter(result=BulkResult.DECIDED)
    if bulk.choice == Choice.APPROVE:
        return decided.filter(send__state=SendState.APPROVED, send__attempts=0)
    since = now - timedelta(seconds=hold_seconds())
    return decided.filter(send__state=SendState.REJECTED, send__state_at__gt=since)


def undo_bulk(*, bulk: Bulk, by: Actor, now: datetime) -> tuple[int, int]:
    """Stop what is not decided yet and take back what can be; return how many were and were not.

    At most ``UNDO_AT_ONCE``. What somebody decided again since is left alone.
    """
    stop(bulk=bulk, now=now)
    done = late = 0
    for item in undoable(bulk, now=now).order_by("id")[:UNDO_AT_ONCE]:
        last = Decision.objects.filter(send_id=item.send_id).order_by("-id").first()
        if last is None or last.channel != Channel.BULK:
            late += 1
            continue
        try:
            undo(send_id=item.send_id, by=by, now=now)
        except CannotUndo:
            late += 1
        else:
            done += 1
    return done, late


def stop(*, bulk: Bulk, now: datetime) -> None:
    """Let the items that are still open go undecided."""
    open_items = BulkItem.objects.filter(bulk=bulk, result__isnull=True)
    open_items.update(result=BulkResult.REFUSED, note=STOPPED)
    Bulk.objects.filter(pk=bulk.pk, finished_at__isnull=True).update(finished_at=now)


def items_of(bulk: Bulk, *, after: int, size: int) -> list[dict[str, Any]]:
    """Items with their sends, in the order of the order; one statement. ``after`` is an id."""
    rows = (
        bulk.items.filter(pk__gt=after)
        .order_by("pk")
        .values(
            "pk",
            "send_id",
            "result",
            "note",
            state=F("send__state"),
            to_name=F("send__to_name"),
            to_address=F("send__to_address"),
            account_name=F("send__account__name"),
            subject=F("revision__subject"),
        )[:size]
    )
    return [dict(row) for row in rows]


def tally(bulk: Bulk) -> dict[str, int]:
    """How many items have which result; open ones count as ``waiting``."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select coalesce(result, 'waiting'), count(*) from approvals_bulkitem "
            "where bulk_id = %s group by 1",
            [bulk.pk],
        )
        return dict(cursor.fetchall())


def open_bulks() -> QuerySet[Bulk]:
    return Bulk.objects.filter(finished_at__isnull=True).order_by(F("id"))
