"""The queue's page, an item and a decision, in this process with all its middleware."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from revenue.access import Role
from revenue.models import User
from tests.benchmarks.databases import in_use
from tests.benchmarks.pages import Browser, Item, in_process, login
from tests.benchmarks.table import Row, at_least, at_most, milliseconds, times
from tests.benchmarks.timing import Times, in_turns, statements
from tests.support.rows import make_user

QUEUE, BARE, ADMIN = "/approvals/", "/bare/", "/stock/approvals/send/?state__exact=pending"
RARELY = 5
"""The admin is asked in every so manieth round only: it takes its time."""

Sessions = Mapping[int, BaseDatabaseWrapper]


def measure(sessions: Sessions, *, rounds: int) -> list[Row]:
    """Rows for databases filled with as many pending sends as their key says, small to large."""
    browsers = {size: _founder(session) for size, session in sessions.items()}
    rows = _lists(sessions, browsers, rounds)
    largest = max(sessions)
    with in_use(sessions[largest]):
        return [
            *rows,
            *_item(browsers[largest], largest, rounds),
            *_decide(browsers[largest], rounds),
        ]


def founder() -> User:
    """Somebody who may decide, and see the admin's lists too."""
    known = User.objects.filter(username="founder").first()
    return known or make_user(Role.FOUNDER, username="founder", is_staff=True, is_superuser=True)


def _founder(session: BaseDatabaseWrapper) -> Browser:
    with in_use(session):
        return Browser(login(founder()), in_process())


def _lists(sessions: Sessions, browsers: Mapping[int, Browser], rounds: int) -> list[Row]:
    def opening(path: str, size: int) -> Callable[[], None]:
        def open_page() -> None:
            with in_use(sessions[size]):
                browsers[size].get(path)

        return open_page

    works = {
        (path, size): opening(path, size) for size in sessions for path in (QUEUE, BARE, ADMIN)
    }
    taken = in_turns(works, rounds=rounds, rarely={(ADMIN, size): RARELY for size in sessions})
    rows = []
    for size, session in sessions.items():
        with in_use(session):
            counts = {path: statements(works[path, size]) for path in (QUEUE, BARE, ADMIN)}
        page, bare, admin = (taken[path, size] for path in (QUEUE, BARE, ADMIN))
        last = size == max(sessions)
        rows += [
            _against(f"queue page, {size:,} pending: p50, admin list", page.p50, counts[QUEUE],
                     admin.p50, counts[ADMIN], faster=10 if last else None),
            _against(f"queue page, {size:,} pending: p95, bare view", page.p95, counts[QUEUE],
                     bare.p95, counts[BARE], slower=3 if last else None),
        ]  # fmt: skip
    small, large = (taken[QUEUE, size].p95 for size in (min(sessions), max(sessions)))
    what = f"queue page: p95 at {max(sessions):,} against {min(sessions):,}"
    return [*rows, _ratio_row(what, large, small, 1.3)]


def _against(
    what: str,
    seconds: float,
    count: int,
    reference: float,
    reference_count: int,
    *,
    faster: float | None = None,
    slower: float | None = None,
) -> Row:
    """A page beside another one that it should beat, or may be slower than."""
    ratio = seconds / reference
    target = verdict = ""
    if faster:
        target, verdict = f"{times(faster)} faster", at_least(1 / ratio, faster)
    if slower:
        target, verdict = f"≤ {times(slower)}", at_most(ratio, slower)
    return Row(
        what,
        f"{milliseconds(seconds)}, {count} SQL",
        f"{milliseconds(reference)}, {reference_count} SQL",
        f"{times(1 / ratio)} faster" if "admin" in what else times(ratio),
        target,
        verdict,
    )


def _ratio_row(what: str, seconds: float, reference: float, limit: float) -> Row:
    ratio = seconds / reference
    return Row(
        what,
        milliseconds(seconds),
        milliseconds(reference),
        times(ratio),
        f"≤ {times(limit)}",
        at_most(ratio, limit),
    )


def _item(browser: Browser, size: int, rounds: int) -> list[Row]:
    """Items from all over the queue, as the page asks for them."""
    ids = iter(range(1, size, max(1, size // (rounds + 10))))
    taken = in_turns(
        {"item": lambda: browser.get(f"{QUEUE}{next(ids)}/", part=True)}, rounds=rounds
    )["item"]
    count = statements(partial(browser.get, f"{QUEUE}1/", part=True))
    what = f"open an item, {size:,} pending"
    return [
        Row(f"{what}: p50", f"{milliseconds(taken.p50)}, {count} SQL"),
        Row(f"{what}: p95", f"{milliseconds(taken.p95)}, {count} SQL"),
    ]


def waiting(limit: int, *, last: bool = False) -> list[Item]:
    """The first of the queue in its order, or the last."""
    order = "score, id" if last else "score desc, id desc"
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, revision_id from approvals_send where state = 'pending' "  # noqa: S608
            f"order by {order} limit %s",
            [limit],
        )
        return [Item(*row) for row in cursor.fetchall()]


def _decide(browser: Browser, rounds: int) -> list[Row]:
    """Decide what the last answer showed, beside a bare decision about somebody else."""
    chain = Chain(browser, waiting(1)[0])
    others = iter(waiting(rounds + 10, last=True))

    def bare() -> None:
        item = next(others)
        browser.post(f"{BARE}{item.send}/", revision=item.revision)

    taken: dict[str, Times] = in_turns({"decide": chain.decide, "bare": bare}, rounds=rounds)
    decide, beside = taken["decide"], taken["bare"]
    count, bare_count = statements(chain.decide), statements(bare)
    what = "decide and get the next item"
    return [
        _against(f"{what}: p50, bare", decide.p50, count, beside.p50, bare_count),
        _against(f"{what}: p95, bare", decide.p95, count, beside.p95, bare_count, slower=4),
    ]


class Chain:
    """A reviewer who decides what each answer shows next."""

    def __init__(self, browser: Browser, item: Item) -> None:
        self.browser = browser
        self.item: Item | None = item

    def decide(self) -> None:
        """Approve the item at hand; the answer brings the next one."""
        assert self.item is not None
        answer = self.browser.post(
            f"{QUEUE}{self.item.send}/decide",
            choice="approve",
            revision=self.item.revision,
            visible_ms=2000,
        )
        self.item = Item.shown(answer)
