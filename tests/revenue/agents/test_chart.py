"""The chart of seats: stages in order, seats where they act, what waits at home."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from revenue.actors import Actor
from revenue.agents import killswitch
from revenue.agents.chart import Card, Waiting, chart
from revenue.agents.seats import install_seats
from revenue.agents.switchboard import thrown_switches
from revenue.models import SwitchScope
from tests.support.rows import NOW

pytestmark = pytest.mark.django_db

BY = Actor("person", "7")


@pytest.fixture(autouse=True)
def seats() -> None:
    install_seats(by=Actor.system("test"), now=NOW)


def cards() -> dict[tuple[str, str], Card]:
    return {
        (column.stage, card.seat): card
        for column in chart(thrown_switches(), {"sender": [WAITS]})
        for card in column.cards
    }


WAITS = Waiting("waiting to leave", 3, "/somewhere/")


def test_stages_stand_in_order_with_their_sides() -> None:
    columns = chart([], {})

    assert [(column.number, column.stage, column.side) for column in columns] == [
        (1, "identification", "Discovery"),
        (2, "outreach", "Discovery"),
        (3, "follow_up", "Discovery"),
        (4, "qualification", "Discovery"),
        (5, "close", "Commitment"),
        (0, "after_close", "Commitment"),
    ]


def test_a_seat_stands_in_every_stage_where_it_may_act() -> None:
    assert list(cards()) == [
        ("identification", "prospector"),
        ("outreach", "prospector"),
        ("outreach", "pipeline"),
        ("outreach", "sender"),
        ("follow_up", "pipeline"),
        ("follow_up", "sender"),
        ("qualification", "pipeline"),
        ("close", "closer"),
        ("after_close", "accounting"),
    ]


def test_a_card_shows_each_action_with_level_and_ceiling() -> None:
    powers = cards()["follow_up", "pipeline"].powers

    assert [(power.label, power.level, power.ceiling, power.level_words) for power in powers] == [
        ("Draft a follow-up", 1, 4, "Drafts; a person executes"),
        ("First answer to an objection", 1, 2, "Drafts; a person executes"),
    ]


def test_what_waits_stands_at_home_only() -> None:
    shown = cards()

    assert shown["outreach", "sender"].waiting == (WAITS,)
    assert shown["follow_up", "sender"].waiting == ()


def test_stopped_seats_and_actions_are_marked() -> None:
    killswitch.throw(scope=SwitchScope.SEAT, target="sender", reason="", by=BY, now=NOW)
    killswitch.throw(scope=SwitchScope.ACTION, target="draft_cold", reason="", by=BY, now=NOW)
    shown = cards()

    assert {key for key, card in shown.items() if card.stopped} == {
        ("outreach", "sender"),
        ("follow_up", "sender"),
    }
    assert [power.action for card in shown.values() for power in card.powers if power.stopped] == [
        "draft_cold"
    ]


@pytest.mark.parametrize(("number", "figure"), [(7, "7"), (1000, "1,000"), (1001, "over 1,000")])
def test_a_count_beyond_the_limit_says_so(number: int, figure: str) -> None:
    assert Waiting("", number, "").figure == figure


def test_the_chart_takes_two_statements() -> None:
    with CaptureQueriesContext(connection) as statements:
        chart([], {})

    assert len(statements) == 2
