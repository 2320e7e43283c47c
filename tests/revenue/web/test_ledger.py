"""The ledger in the browser: searching, paging, opening an event."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from revenue.access import Role
from revenue.models import LedgerEvent, LedgerHead
from tests.support.rows import make_user
from tests.support.visits import statements, visit_as

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)


def add(seq: int, **fields: Any) -> None:
    """A sealed event; its digest need not be right, since a page does not check."""
    defaults: dict[str, Any] = {
        "at": NOON + timedelta(minutes=seq),
        "kind": "send.approved",
        "subject": f"send:{seq}",
        "actor": "seat:sender",
        "data": {"number": seq},
    }
    digest = seq.to_bytes(32, "big", signed=True)
    LedgerEvent.objects.create(**{**defaults, **fields}, seq=seq, digest=digest)


@pytest.fixture
def client() -> Client:
    return visit_as(Role.ACCOUNTANT, time_zone="UTC")


def numbers(client: Client, query: str = "") -> list[int]:
    response = client.get(f"/ledger/{query}")
    assert response.status_code == 200
    return [int(found) for found in re.findall(r'id="event-(\d+)"', response.content.decode())]


# Searching ---------------------------------------------------------------------------------------


def test_events_stand_newest_first(client: Client) -> None:
    for seq in (1, 2, 3):
        add(seq)

    assert numbers(client) == [3, 2, 1]


def test_an_unsealed_event_is_not_shown(client: Client) -> None:
    add(1)
    LedgerEvent.objects.create(at=NOON, kind="send.sent", subject="send:9", actor="system:x")

    assert numbers(client) == [1]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?subject=send:1", [1]),
        ("?subject=send", [11, 1]),
        ("?subject=send:", [11, 1]),
        ("?subject=policy:send", [3]),
        ("?subject=policy:send:1", [3]),
        ("?subject=house", [4]),
        ("?subject=sen", []),
        ("?subject=%25", []),
        ("?actor=person:3", [4, 3]),
        ("?kind=house.changed", [4]),
        ("?actor=person:3&kind=house.changed&subject=house", [4]),
        ("?kind=of.nothing", []),
    ],
)
def test_search_by_subject_actor_and_kind(client: Client, query: str, expected: list[int]) -> None:
    add(1)
    add(11, at=NOON)
    add(3, subject="policy:send:1", kind="policy.written", actor="person:3")
    add(4, subject="house", kind="house.changed", actor="person:3")

    assert numbers(client, query) == expected


@pytest.mark.parametrize(
    ("zone", "query", "expected"),
    [
        ("UTC", "?since=2026-11-18", [3, 2]),
        ("UTC", "?until=2026-11-18", [2, 1]),
        ("UTC", "?since=2026-11-18&until=2026-11-18", [2]),
        ("America/Vancouver", "?since=2026-11-18&until=2026-11-18", [3]),
    ],
)
def test_days_are_those_of_the_reader(zone: str, query: str, expected: list[int]) -> None:
    add(1, at=datetime(2026, 11, 17, 23, 59, 59, tzinfo=UTC))
    add(2, at=datetime(2026, 11, 18, 0, 0, tzinfo=UTC))
    add(3, at=datetime(2026, 11, 19, 0, 0, tzinfo=UTC))

    assert numbers(visit_as(Role.FOUNDER, time_zone=zone), query) == expected


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?since=yesterday", "Enter a valid date."),
        ("?since=2026-11-19&until=2026-11-18", "The range ends before it begins."),
        (f"?subject={'x' * 81}", "at most 80 characters"),
        ("?subject=%00", "Null characters are not allowed."),
    ],
)
def test_a_search_that_can_not_be_is_told_and_shows_nothing(
    client: Client, query: str, words: str
) -> None:
    add(1)

    response = client.get(f"/ledger/{query}")

    assert words in response.content.decode()
    assert numbers(client, query) == []


def test_what_was_asked_for_stays_chosen_though_nothing_of_it_occurs(client: Client) -> None:
    add(1)

    page = client.get("/ledger/?actor=person:99").content.decode()

    assert '<option value="person:99" selected>' in page


def test_what_occurs_can_be_chosen_by_name(client: Client) -> None:
    ana = make_user(first_name="Ana", last_name="Petrov")
    add(1, actor=f"person:{ana.pk}")
    add(2, actor="system:delivery", kind="send.sent")

    page = client.get("/ledger/").content.decode()

    assert f'<option value="person:{ana.pk}">Ana Petrov</option>' in page
    assert '<option value="system:delivery">Delivery</option>' in page
    assert '<option value="send.sent">Delivered a mail</option>' in page


# Paging ------------------------------------------------------------------------------------------


def links(client: Client, query: str = "") -> dict[str, str]:
    page = client.get(f"/ledger/{query}").content.decode()
    found = re.findall(r'href="(\?[^"]*)"\s+rel="(prev|next)"', page)
    return {rel: href.replace("&amp;", "&") for href, rel in found}


def test_pages_meet_without_gap_or_overlap_in_both_directions(client: Client) -> None:
    for seq in range(1, 121):
        add(seq)

    first = numbers(client)
    second = numbers(client, links(client)["next"])
    third = numbers(client, links(client, links(client)["next"])["next"])

    assert first + second + third == list(range(120, 0, -1))
    last = links(client, "?before=21")
    assert "next" not in last
    assert numbers(client, last["prev"]) == second
    assert numbers(client, links(client, last["prev"])["prev"]) == first
    assert "prev" not in links(client, links(client, last["prev"])["prev"])


def test_a_page_keeps_the_search(client: Client) -> None:
    for seq in range(1, 103):
        add(seq, kind="send.sent" if seq % 2 else "send.approved")

    following = links(client, "?kind=send.sent")["next"]

    assert numbers(client, following) == [1]


@pytest.mark.parametrize(
    "query", ["?before=x", "?after=", "?before=-1", f"?before={'9' * 30}", f"?after={2**63}"]
)
def test_a_place_that_there_is_not_breaks_nothing(client: Client, query: str) -> None:
    add(1)

    assert client.get(f"/ledger/{query}").status_code == 200


def test_the_page_takes_the_same_statements_with_one_event_and_three(client: Client) -> None:
    add(1)
    with statements() as one:
        assert numbers(client) == [1]
    add(2, kind="send.sent", actor="person:1")
    add(3, kind="house.changed", subject="house", actor="person:2")
    with statements() as three:
        assert numbers(client) == [3, 2, 1]

    # session, person, roles; names of people and of seats, actors, kinds, events, head; switches
    assert (len(one), len(three)) == (10, 10)


# Events ------------------------------------------------------------------------------------------


def test_data_opens_in_its_row_escaped(client: Client) -> None:
    add(1, data={"reason_given": "<script>alert(1)</script>", "list": ["a", "b"], "none": None})

    page = client.get("/ledger/").content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<dt>Reason given</dt>" in page
    assert "a, b" in page
    assert "nothing" in page


def test_long_data_is_left_to_the_page_of_the_event(client: Client) -> None:
    add(1, data={"text": "x" * 2000})

    page = client.get("/ledger/").content.decode()

    assert "x" * 2000 not in page
    assert "Open number 1" in page
    assert "x" * 2000 in client.get("/ledger/1/").content.decode()


def test_an_event_shows_its_place_in_the_chain(client: Client) -> None:
    add(6)
    add(7)

    page = client.get("/ledger/7/").content.decode()

    assert (7).to_bytes(32, "big").hex() in page
    assert (6).to_bytes(32, "big").hex() in page


def test_the_first_event_has_none_before_it(client: Client) -> None:
    add(1)

    assert "this is the first" in client.get("/ledger/1/").content.decode()


def test_an_event_that_there_is_not_is_not_found(client: Client) -> None:
    LedgerEvent.objects.create(at=NOON, kind="send.sent", subject="send:9", actor="system:x")

    assert client.get("/ledger/1/").status_code == 404


def test_the_page_says_how_far_it_is_sealed(client: Client) -> None:
    LedgerHead.objects.create(pk=1, seq=41, digest=bytes(32))

    assert '<span class="num">41</span>' in client.get("/ledger/").content.decode()


def test_an_empty_ledger_says_what_will_appear(client: Client) -> None:
    assert "Everything that happens appears here" in client.get("/ledger/").content.decode()
