"""Eight reviewers at once over HTTP, each deciding the next item that the server gives it."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import TypeVar

from approvals.models import Decision
from tests.benchmarks.bench_queue import BARE, QUEUE, founder, waiting
from tests.benchmarks.pages import OK, Browser, Item, login, over_http
from tests.benchmarks.table import Row, at_least, times
from tests.benchmarks.timing import stopwatch
from tests.support.serving import serving

REVIEWERS = 8
TURNS = 3
CONFLICT = 409
ROW = re.compile(rb'id="row-(\d+)"')

T = TypeVar("T")


def measure(*, decisions: int) -> list[Row]:
    """Rows for the current database, which must hold ten times as many pending sends."""
    with ExitStack() as stack:
        port = stack.enter_context(serving("tests.benchmarks.settings"))
        headers = login(founder())
        calls = [stack.enter_context(over_http(port)) for _ in range(REVIEWERS)]
        browsers = [Browser(headers, call) for call in calls]
        known = Decision.objects.count()
        decided = told = 0
        seconds = bare_seconds = 0.0
        each = decisions // TURNS
        for _ in range(TURNS):
            crowd = Crowd(browsers, each)
            seconds += stopwatch(crowd.review)
            decided, told = decided + crowd.decided, told + crowd.told
            others = waiting(each, last=True)
            bare_seconds += stopwatch(partial(bare_decisions, browsers, others))
    double = decided + TURNS * each - (Decision.objects.count() - known)
    rate, bare_rate = decided / seconds, TURNS * each / bare_seconds
    return [
        Row(
            f"decisions of {REVIEWERS} reviewers over HTTP",
            f"{rate:,.0f}/s",
            f"bare view {bare_rate:,.0f}/s",
            times(rate / bare_rate),
            "≥ 150/s",
            at_least(rate, 150),
        ),
        Row(
            f"of these {decided:,}, decided twice",
            f"{double}",
            f"{told} were told that another was first",
            target="0",
            verdict="met" if double == 0 else "MISSED",
        ),
    ]


class Crowd:
    """Reviewers who begin far apart in the queue, and stop after so many decisions."""

    def __init__(self, browsers: list[Browser], decisions: int) -> None:
        self.browsers = browsers
        self.left = decisions
        self.decided = self.told = 0
        self.lock = threading.Lock()

    def review(self) -> None:
        """Run until all is decided; raises what any of the reviewers met."""
        starts = waiting(REVIEWERS * self.left)[:: self.left]
        in_threads(self._one, list(zip(self.browsers, starts, strict=True)))

    def _one(self, part: tuple[Browser, Item]) -> None:
        browser, start = part
        item: Item | None = start
        while item is not None and self._take():
            answer = browser.post(
                f"{QUEUE}{item.send}/decide",
                accept=(OK, CONFLICT),
                choice="approve",
                revision=item.revision,
                visible_ms=2000,
            )
            first = answer.status == OK
            with self.lock:
                self.decided += first
                self.told += not first
                self.left += not first
            item = Item.shown(answer) if first else self._any_other(browser)

    def _any_other(self, browser: Browser) -> Item | None:
        """Whoever was too late opens another one of the list, as somebody with eyes would."""
        rows = ROW.findall(browser.get(QUEUE).body)
        path = f"{QUEUE}{int(random.choice(rows))}/"
        return Item.shown(browser.get(path, part=True)) if rows else None

    def _take(self) -> bool:
        with self.lock:
            self.left -= 1
            return self.left >= 0


def bare_decisions(browsers: list[Browser], items: list[Item]) -> None:
    """The same number by the bare view, shared out beforehand."""

    def decide(part: tuple[Browser, list[Item]]) -> None:
        browser, own = part
        for item in own:
            browser.post(f"{BARE}{item.send}/", revision=item.revision)

    shares = [items[number::REVIEWERS] for number in range(REVIEWERS)]
    in_threads(decide, list(zip(browsers, shares, strict=True)))


def in_threads(work: Callable[[T], None], parts: list[T]) -> None:
    """Do the work of each part in a thread of its own."""
    with ThreadPoolExecutor(len(parts)) as pool:
        for result in [pool.submit(work, part) for part in parts]:
            result.result()
