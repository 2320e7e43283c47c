"""Several reviewers at once, each in a session of the database of their own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from approvals.models import Decision, Send, SendState
from revenue.access import Role
from revenue.models import LedgerEvent
from tests.approvals.planted import planted_send
from tests.approvals.waiting import PART, decision, waiting_send
from tests.support.rows import installed
from tests.support.visits import visit_as

pytestmark = pytest.mark.django_db(transaction=True)

QUEUE = "/approvals/"
REVIEWERS = 4


@pytest.fixture
def reviewers() -> list[Client]:
    installed()
    return [visit_as(Role.FOUNDER) for _ in range(REVIEWERS)]


def at_once(work: Callable[[Client], Any], reviewers: list[Client]) -> list[Any]:
    def alone(client: Client) -> Any:
        try:
            return work(client)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(reviewers)) as pool:
        return list(pool.map(alone, reviewers))


def test_of_several_decisions_at_once_the_first_wins(reviewers: list[Client]) -> None:
    send = waiting_send()

    def decide(client: Client) -> int:
        form = decision(send, "reject", reason_code="tone")
        return client.post(f"{QUEUE}{send.pk}/decide", form, headers=PART).status_code

    statuses = Counter(at_once(decide, reviewers))

    assert statuses == {200: 1, 409: REVIEWERS - 1}
    assert Decision.objects.filter(send=send).count() == 1


def test_reviewers_who_follow_the_answers_decide_each_item_once(reviewers: list[Client]) -> None:
    sends = [waiting_send() for _ in range(24)]
    starts = iter(sends[:: len(sends) // REVIEWERS])
    firsts = dict(zip(map(id, reviewers), starts, strict=False))

    def work(client: Client) -> list[int]:
        first = firsts[id(client)]
        item: tuple[int, int | None] | None = (first.pk, first.revision_id)
        statuses = []
        while item is not None:
            form = {"revision": item[1], "choice": "approve"}
            response = client.post(f"{QUEUE}{item[0]}/decide", form, headers=PART)
            statuses.append(response.status_code)
            html = response.content.decode()
            found = re.search(r'data-visible-item="send:(\d+):(\d+)"', html)
            item = (int(found[1]), int(found[2])) if found and "Somebody was" not in html else None
        return statuses

    statuses = Counter(status for done in at_once(work, reviewers) for status in done)

    assert statuses[200] == len(sends)
    assert Decision.objects.count() == len(sends)
    assert not Send.objects.exclude(state=SendState.APPROVED).exists()


def test_a_planted_fault_is_told_to_the_first_alone(reviewers: list[Client]) -> None:
    send = planted_send(now=timezone.now())
    form = decision(send)

    def decide(client: Client) -> tuple[int, bool]:
        response = client.post(f"{QUEUE}{send.pk}/decide", form, headers=PART)
        return response.status_code, "fault-passage" in response.content.decode()

    answers = Counter(at_once(decide, reviewers))

    assert answers == {(200, True): 1, (409, False): REVIEWERS - 1}
    assert LedgerEvent.objects.filter(kind="seeded.missed").count() == 1
    send.refresh_from_db()
    assert (send.state, send.round, send.revision_planted) == (SendState.PENDING, 2, False)
