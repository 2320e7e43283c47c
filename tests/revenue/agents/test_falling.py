"""Which mails of late fall into a part of the mail: counts, lists, and SQL like Python."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from revenue.agents import falling
from revenue.agents.falling import both, count, mails_in
from revenue.agents.segments import in_order, is_in, parse_of
from revenue.models import PolicyVersion, Segment, Verdict
from revenue.policies.conditions import parse_condition
from revenue.policies.vocabulary import PolicyKind
from tests.support.rows import NOW, installed

pytestmark = pytest.mark.django_db
CANADA = parse_condition({"fact": "contact.country", "op": "eq", "value": "CA"}, PolicyKind.SEND)
KNOWN = parse_condition({"fact": "contact.days_since_reply", "op": "is_known"}, PolicyKind.SEND)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def house(db: None) -> None:
    installed()


def judged(number: int, *, at: datetime = NOW, kind: str = "send", **facts: Any) -> Verdict:
    """A verdict about a mail; facts with ``__`` for the dot."""
    return Verdict.objects.create(
        policy=PolicyVersion.objects.get(kind=kind), subject=f"send:{number}", effect="allow",
        rule="", facts={name.replace("__", "."): value for name, value in facts.items()},
        trace={}, given_at=at, given_by="system:test",
    )  # fmt: skip


def test_what_is_surely_in_is_counted() -> None:
    judged(1, contact__country="CA")
    judged(2, contact__country="CA", contact__days_since_reply=3)
    judged(3, contact__country="US")
    judged(4)

    assert count([None, CANADA, KNOWN, both(CANADA, KNOWN)], now=NOW) == [4, 2, 1, 1]
    assert count([], now=NOW) == []


def test_a_mail_counts_once_as_it_was_first_judged() -> None:
    judged(1, at=NOW - DAY, contact__country="CA")
    judged(1, contact__country="US")

    assert count([None, CANADA], now=NOW) == [1, 1]


def test_only_the_last_ninety_days_count() -> None:
    judged(1, at=NOW - 90 * DAY, contact__country="CA")
    judged(1, at=NOW - DAY, contact__country="CA")
    judged(2, at=NOW - 90 * DAY + timedelta(seconds=1), contact__country="CA")

    assert count([CANADA], now=NOW) == [1]


def test_list_holds_exactly_what_was_counted_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(falling, "PAGE", 2)
    wanted = [judged(number, contact__country="CA").pk for number in range(5)]
    judged(9, contact__country="US")

    seen: list[int] = []
    before: int | None = None
    while True:
        rows, before = mails_in(CANADA, now=NOW, before=before)
        seen += [row.id for row in rows]
        if before is None:
            break

    assert seen == wanted[::-1]
    assert len(seen) == count([CANADA], now=NOW)[0]


VALUES = {
    "contact.country": st.sampled_from(["CA", "US", "FR", None, 7]),
    "contact.consent": st.sampled_from(["express", "existing_business", "none", None, "strange"]),
    "contact.days_since_reply": st.sampled_from([0, 400, None, -1, "3"]),
}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=st.fixed_dictionaries({}, optional=VALUES))
def test_counting_agrees_with_who_may_let_it_go(facts: dict[str, Any]) -> None:
    number = Verdict.objects.count() + 1  # rows stay, so each example has its own mail
    rows: list[Segment] = in_order()
    before = count([parse_of(row) for row in rows], now=NOW)
    judged(number, **{name.replace(".", "__"): value for name, value in facts.items()})

    after = count([parse_of(row) for row in rows], now=NOW)

    grown = [now - then for now, then in zip(after, before, strict=True)]
    assert grown == [int(is_in(row, facts)) for row in rows]
