"""Bulk orders: a set that is fixed when it is given, and each item decided by itself."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from approvals import bulk as bulks
from approvals.bulk import NothingChosen, TooMany, carry_out, order_bulk, stop, tally
from approvals.deciding import Ruling, decide
from approvals.models import Bulk, BulkItem, BulkResult, Channel, Choice, Decision, Send, SendState
from revenue.actors import Actor
from revenue.conversation.suppression import suppress
from revenue.models import Effect, LedgerEvent, SuppressionKind, SuppressionReason
from tests.approvals.waiting import with_text
from tests.support.rows import FOUNDER, NOW, installed, make_pending_sends, make_send

pytestmark = pytest.mark.django_db

APPROVE = Ruling(choice=Choice.APPROVE)
OTHER = Actor("person", "2")


@pytest.fixture(autouse=True)
def house() -> None:
    installed()


def order(ruling: Ruling = APPROVE, **changes: Any) -> Bulk:
    given: dict[str, Any] = {
        "sends": Send.objects.filter(state=SendState.PENDING),
        "excluded": (),
        "filters": {},
        "by": FOUNDER,
        "now": NOW,
    }
    return order_bulk(ruling=ruling, **{**given, **changes})


def results(bulk: Bulk) -> dict[int, str | None]:
    return dict(bulk.items.values_list("send_id", "result"))


def decided_by_another(send: Send) -> None:
    ruling = Ruling(choice=Choice.REJECT, reason_code="tone")
    decide(send_id=send.pk, revision_id=send.revision_id or 0, ruling=ruling, by=OTHER, now=NOW)


def suppressed(send: Send) -> None:
    suppress(
        kind=SuppressionKind.ADDRESS, value=send.to_address, reason=SuppressionReason.ASKED,
        by=OTHER, now=NOW,
    )  # fmt: skip


MEANWHILE: dict[str, tuple[Callable[[Send], object], BulkResult, str]] = {
    "decided": (decided_by_another, BulkResult.ALREADY, "Rejected already."),
    "expired": (
        lambda send: Send.objects.filter(pk=send.pk).update(state=SendState.EXPIRED),
        BulkResult.ALREADY,
        "It is no longer waiting. Expired",
    ),
    "changed": (
        lambda send: with_text(send, body="Another text"),
        BulkResult.CHANGED,
        "The text has changed since you opened it. Read it again, then decide.",
    ),
    "suppressed": (
        suppressed,
        BulkResult.REFUSED,
        "This recipient is on the suppression list.",
    ),
    "denied": (
        lambda send: Send.objects.filter(pk=send.pk).update(effect=Effect.DENY),
        BulkResult.REFUSED,
        "The send policy denies this mail.",
    ),
}


@pytest.mark.parametrize("name", MEANWHILE)
def test_one_that_can_not_be_decided_says_why_and_stops_no_other(name: str) -> None:
    sends = make_pending_sends(3, now=NOW)
    change, result, note = MEANWHILE[name]
    bulk = order()
    change(sends[1])

    assert carry_out(bulk=bulk, now=NOW) == 0

    item = BulkItem.objects.get(bulk=bulk, send=sends[1])
    assert (item.result, item.note) == (result, note)
    others = {sends[0].pk: BulkResult.DECIDED, sends[2].pk: BulkResult.DECIDED}
    assert results(bulk) == {**others, sends[1].pk: result}
    mine = Decision.objects.filter(decided_by=str(FOUNDER))
    assert set(mine.values_list("send_id", "channel")) == {
        (sends[0].pk, Channel.BULK),
        (sends[2].pk, Channel.BULK),
    }
    assert tally(bulk) == {BulkResult.DECIDED: 2, result: 1}
    bulk.refresh_from_db()
    assert bulk.finished_at == NOW


def test_order_names_the_revision_of_each_and_is_recorded() -> None:
    sends = make_pending_sends(2, now=NOW)

    bulk = order(filters={"kind": "cold"})

    revisions = dict(bulk.items.values_list("send_id", "revision_id"))
    assert revisions == {send.pk: send.revision_id for send in sends}
    event = LedgerEvent.objects.get(kind="bulk.ordered")
    assert (event.subject, event.actor, event.data) == (
        f"bulk:{bulk.pk}",
        str(FOUNDER),
        {"choice": "approve", "items": 2, "filters": {"kind": "cold"}},
    )
    assert not Decision.objects.exists()


def test_excluded_ones_and_later_comers_are_left_alone() -> None:
    chosen, excluded = make_pending_sends(2, now=NOW)
    bulk = order(excluded=[excluded.pk])
    late = make_send()

    carry_out(bulk=bulk, now=NOW)

    assert dict(Send.objects.values_list("pk", "state")) == {
        chosen.pk: SendState.APPROVED,
        excluded.pk: SendState.PENDING,
        late.pk: SendState.PENDING,
    }


def test_rejection_keeps_the_reason_with_each() -> None:
    make_pending_sends(2, now=NOW)
    ruling = Ruling(choice=Choice.REJECT, reason_code="bad_timing", reason="After the holidays")

    carry_out(bulk=order(ruling), now=NOW)

    reasons = Decision.objects.values_list("choice", "reason_code", "reason").distinct()
    assert list(reasons) == [(Choice.REJECT, "bad_timing", "After the holidays")]
    assert Decision.objects.count() == 2


def test_empty_set_is_refused() -> None:
    send = make_send()

    with pytest.raises(NothingChosen):
        order(excluded=[send.pk])

    assert not Bulk.objects.exists()


def test_set_beyond_the_limit_is_refused_and_one_at_it_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_pending_sends(3, now=NOW)
    monkeypatch.setattr(bulks, "LARGEST", 2)
    with pytest.raises(TooMany, match="more than 2 items"):
        order()
    assert not Bulk.objects.exists()

    monkeypatch.setattr(bulks, "LARGEST", 3)
    assert order().items.count() == 3


def test_crash_in_the_middle_loses_nothing_and_repeats_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sends = make_pending_sends(4, now=NOW)
    bulk = order()
    calls: list[int] = []

    def decide_twice_then_crash(**given: Any) -> Send:
        calls.append(given["send_id"])
        made = decide(**given)
        if len(calls) == 3:
            raise MemoryError
        return made

    monkeypatch.setattr(bulks, "decide", decide_twice_then_crash)
    with pytest.raises(MemoryError):
        carry_out(bulk=bulk, now=NOW)
    monkeypatch.undo()

    assert Decision.objects.count() == 2
    assert tally(bulk) == {BulkResult.DECIDED: 2, "waiting": 2}
    assert carry_out(bulk=bulk, now=NOW) == 0
    assert tally(bulk) == {BulkResult.DECIDED: 4}
    assert sorted(Decision.objects.values_list("send_id", flat=True)) == [send.pk for send in sends]


def test_a_slice_at_a_time_tells_how_many_are_left() -> None:
    make_pending_sends(5, now=NOW)
    bulk = order()

    assert [carry_out(bulk=bulk, now=NOW, limit=2) for _ in range(4)] == [3, 1, 0, 0]


def test_stopped_order_decides_no_more() -> None:
    make_pending_sends(3, now=NOW)
    bulk = order()
    carry_out(bulk=bulk, now=NOW, limit=1)

    stop(bulk=bulk, now=NOW)

    assert carry_out(bulk=bulk, now=NOW) == 0
    assert tally(bulk) == {BulkResult.DECIDED: 1, BulkResult.REFUSED: 2}
    assert Decision.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_order_decide_each_item_once() -> None:
    sends = make_pending_sends(40, now=NOW)
    bulk = order()

    def work(_: int) -> None:
        try:
            while carry_out(bulk=bulk, now=NOW, limit=3):
                pass
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))

    assert tally(bulk) == {BulkResult.DECIDED: 40}
    assert sorted(Decision.objects.values_list("send_id", flat=True)) == [send.pk for send in sends]
