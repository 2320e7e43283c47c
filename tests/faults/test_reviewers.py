"""Eight reviewers at once on one queue, over HTTP: each item is decided once, and nobody is misled.

Every reviewer is a person with a session, a connection and a thread of their own.
"""

from __future__ import annotations

import random
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain

import pytest
from django.utils import timezone

from approvals.models import Choice, Decision, Send, SendState
from approvals.presenting.conflicts import VERBS
from revenue.access import Role
from revenue.models import LedgerEvent
from tests.benchmarks.pages import Answer, Browser, Item, login, over_http
from tests.support.rows import installed, make_pending_sends, make_user
from tests.support.serving import serving

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

SENDS = 500
CHOICES = (Choice.APPROVE, Choice.APPROVE, Choice.REJECT, Choice.RETURN) * 2
"""One of each reviewer."""
QUEUE = "/approvals/"
OK, CONFLICT = 200, 409
ROW = re.compile(rb'id="row-(\d+)"')
NOTICE = re.compile(r'<div class="notice" data-state="wait" role="alert">.*?</div>\s*</div>', re.S)
STATES = {
    Choice.APPROVE: SendState.APPROVED,
    Choice.REJECT: SendState.REJECTED,
    Choice.RETURN: SendState.RETURNED,
}


@dataclass(slots=True)
class Reviewer:
    """Somebody at the queue, what they decided, and what they were told instead."""

    key: str
    name: str
    choice: Choice
    browser: Browser
    decided: list[int] = field(default_factory=list)
    told: list[tuple[int, str]] = field(default_factory=list)

    @property
    def note(self) -> str:
        return "" if self.choice == Choice.APPROVE else f"{self.name} would say it otherwise"

    def work(self) -> None:
        """Decide what the server gives next; look around where it gives nothing."""
        item, rows = None, self.rows()
        place = rows[0]
        while rows:
            item = item or self.open(place)
            answer = self.decide(item) if item else None
            item = Item.shown(answer) if answer and answer.status == OK else None
            if item is None:
                rows = self.rows()
                place = random.choice(rows or [0])

    def rows(self) -> list[int]:
        """What the list shows."""
        return [int(row) for row in ROW.findall(self.browser.get(QUEUE).body)]

    def open(self, send_id: int) -> Item | None:
        """The item as its page shows it; None where somebody has decided it."""
        return Item.shown(self.browser.get(f"{QUEUE}{send_id}/", part=True))

    def decide(self, item: Item) -> Answer:
        """Rule on an item, and note what came back."""
        answer = self.browser.post(
            f"{QUEUE}{item.send}/decide",
            accept=(OK, CONFLICT),
            choice=self.choice,
            reason_code="tone",
            reason=self.note,
            revision=item.revision,
            visible_ms=1500,
        )
        if answer.status == OK:
            self.decided.append(item.send)
        else:
            self.told.append((item.send, answer.body.decode()))
        return answer


@pytest.fixture
def reviewers() -> Iterator[list[Reviewer]]:
    installed(now=timezone.now())
    with serving() as port, ExitStack() as stack:
        people = [
            make_user(Role.FOUNDER, first_name="Reviewer", last_name=f"No {number}")
            for number in range(len(CHOICES))
        ]
        yield [
            Reviewer(
                key=f"person:{person.pk}",
                name=person.display_name,
                choice=choice,
                browser=Browser(login(person), stack.enter_context(over_http(port))),
            )
            for person, choice in zip(people, CHOICES, strict=True)
        ]


def all_at_once(reviewers: list[Reviewer], work: Callable[[Reviewer], object]) -> None:
    """Let all begin at the same instant; raises what any of them met."""
    start = threading.Barrier(len(reviewers))

    def begin(reviewer: Reviewer) -> None:
        start.wait(30)
        work(reviewer)

    with ThreadPoolExecutor(len(reviewers)) as pool:
        list(pool.map(begin, reviewers))


def assert_told_who_was_first(reviewers: list[Reviewer]) -> None:
    """Each refusal names the person who decided and what they did, and keeps what was typed."""
    names = {reviewer.key: reviewer.name for reviewer in reviewers}
    firsts = {decision.send_id: decision for decision in Decision.objects.all()}
    for reviewer in reviewers:
        for send_id, html in reviewer.told:
            notice = NOTICE.search(html)
            assert notice is not None
            first = firsts[send_id]
            assert first.decided_by != reviewer.key
            assert "Somebody was first" in notice[0]
            assert f">{names[first.decided_by]}</bdi>" in notice[0]
            assert VERBS[Choice(first.choice)] in notice[0]
            assert (f">{reviewer.note}</textarea>" in notice[0]) == bool(reviewer.note)


def test_five_hundred_items_are_decided_once_each_by_eight_reviewers(
    reviewers: list[Reviewer],
) -> None:
    sends = make_pending_sends(SENDS, now=timezone.now())

    all_at_once(reviewers, Reviewer.work)

    decided = {reviewer.key: sorted(reviewer.decided) for reviewer in reviewers}
    recorded: dict[str, list[int]] = {reviewer.key: [] for reviewer in reviewers}
    for by, send_id in Decision.objects.order_by("send_id").values_list("decided_by", "send_id"):
        recorded[by].append(send_id)
    assert recorded == decided
    assert sorted(chain.from_iterable(decided.values())) == sorted(send.pk for send in sends)
    assert min(map(len, decided.values())) > 0
    states: Counter[str] = Counter()
    for reviewer in reviewers:
        states[STATES[reviewer.choice]] += len(reviewer.decided)
    assert Counter(Send.objects.values_list("state", flat=True)) == states
    events = LedgerEvent.objects.filter(kind__in=[f"send.{state}" for state in STATES.values()])
    assert Counter(events.values_list("subject", flat=True)) == {
        f"send:{send.pk}": 1 for send in sends
    }
    assert_told_who_was_first(reviewers)


def test_one_item_that_all_decide_at_once_is_decided_by_one_and_seven_are_told(
    reviewers: list[Reviewer],
) -> None:
    (send,) = make_pending_sends(1, now=timezone.now())
    assert send.revision_id is not None
    item = Item(send.pk, send.revision_id)

    all_at_once(reviewers, lambda reviewer: reviewer.decide(item))

    decision = Decision.objects.get()
    assert [reviewer.key for reviewer in reviewers if reviewer.decided] == [decision.decided_by]
    assert sum(len(reviewer.told) for reviewer in reviewers) == len(reviewers) - 1
    assert_told_who_was_first(reviewers)
    send.refresh_from_db()
    assert send.state == STATES[Choice(decision.choice)]
