"""A decision about a planted fault and its telling are one: killed anywhere, both or neither."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter

import pytest
from django.db import connection, transaction

from approvals.models import Decision, Send, SendState
from revenue.models import LedgerEvent
from tests.approvals.planted import past_grace, planted_send
from tests.faults.nursery import Nursery
from tests.support.rows import installed

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.timeout(480),
]

SENDS = 40
LONGEST = 0.3
"""Seconds for which a decider lives, at most: some decisions long."""
LIMIT = 240


WHOLE: dict[tuple[object, ...], str] = {
    (0, None, 0, True, 1, SendState.PENDING): "untouched",
    (1, False, 1, False, 2, SendState.PENDING): "told",
}


@transaction.atomic
def halves() -> list[str]:
    """What is true of each planted send: untouched, told as a whole, or broken in between.

    Seen at one instant: who is killed after COMMIT went out is still committing.
    """
    with connection.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read")
    decisions = Counter(Decision.objects.values_list("send_id", flat=True))
    events = Counter(
        LedgerEvent.objects.filter(kind="seeded.missed").values_list("subject", flat=True)
    )
    sends = Send.objects.filter(seeded__isnull=False).values_list(
        "id", "seeded__caught", "revision_planted", "round", "state"
    )
    states = [
        (decisions[pk], caught, events[f"send:{pk}"], planted, round_, state)
        for pk, caught, planted, round_, state in sends.order_by("id")
    ]
    return [WHOLE.get(state, f"broken: {state}") for state in states]


def test_killed_deciders_leave_each_fault_untouched_or_told() -> None:
    installed()
    past_grace()
    for _ in range(SENDS):
        planted_send()
    name = str(connection.settings_dict["NAME"])
    nursery = Nursery(0, {"TEST_DATABASE": name}, work="decide")
    until, kills = time.monotonic() + LIMIT, 0
    try:
        while Send.objects.filter(revision_planted=True).exists():
            assert time.monotonic() < until, halves()
            pid = nursery.fork()
            time.sleep(random.uniform(0, LONGEST))
            os.kill(pid, signal.SIGKILL)
            kills += 1
            assert {half for half in halves() if half.startswith("broken")} == set()
    finally:
        nursery.close()

    assert halves() == ["told"] * SENDS
    assert kills > 1
