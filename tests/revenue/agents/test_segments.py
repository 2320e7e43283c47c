"""Segments: what facts are surely in."""

from __future__ import annotations

from typing import Any

import pytest

from revenue.agents.segments import (
    EVERYTHING,
    SEGMENTS,
    CannotWrite,
    holding,
    in_order,
    install_segments,
    write_segment,
)
from revenue.models import LedgerEvent, Segment
from revenue.policies.faults import PolicyInvalid
from tests.support.rows import ADMIN, NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def installed() -> None:
    install_segments()


@pytest.mark.parametrize(
    ("facts", "segments"),
    [
        ({}, set()),
        ({"contact.country": None, "contact.days_since_reply": None}, set()),
        ({"contact.country": "CA"}, {"canada"}),
        ({"contact.country": "US"}, {"united-states"}),
        ({"contact.country": "FR"}, set()),
        ({"contact.country": 1}, set()),
        ({"contact.consent": "express"}, {"known-contacts"}),
        ({"contact.consent": "existing_business"}, {"known-contacts"}),
        ({"contact.consent": "implied_published"}, set()),
        ({"contact.days_since_reply": 400}, {"known-contacts"}),
        (
            {"contact.consent": None, "contact.days_since_reply": 0, "contact.country": "CA"},
            {"known-contacts", "canada"},
        ),
    ],
)
def test_what_is_unknown_is_in_no_segment(facts: dict[str, object], segments: set[str]) -> None:
    assert holding(facts) == segments | {EVERYTHING}


def test_installing_again_adds_what_is_missing_and_changes_nothing() -> None:
    before = list(Segment.objects.order_by("position").values_list("slug", "label", "condition"))

    install_segments()

    after = list(Segment.objects.order_by("position").values_list("slug", "label", "condition"))
    assert after == before == list(SEGMENTS)


def test_a_segment_that_is_added_later_is_asked_too() -> None:
    Segment.objects.create(
        slug="cold", label="Cold", position=9,
        condition={"fact": "send.kind", "op": "eq", "value": "cold"},
    )  # fmt: skip

    assert holding({"send.kind": "cold"}) == {EVERYTHING, "cold"}


# Writing one -------------------------------------------------------------------------------------

QUEBEC = {"fact": "contact.region", "op": "eq", "value": "QC"}


def write(label: str = "Quebec", condition: dict[str, Any] | None = None) -> Segment:
    return write_segment(label=label, condition=condition or QUEBEC, by=ADMIN, now=NOW)


def test_a_new_one_comes_last_and_the_ledger_tells_of_it() -> None:
    segment = write("  Écoles   du Québec ")

    assert (segment.pk, segment.label) == ("ecoles-du-quebec", "Écoles du Québec")
    assert in_order()[-1] == segment
    assert holding({"contact.region": "QC"}) == {EVERYTHING, "ecoles-du-quebec"}
    event = LedgerEvent.objects.latest("id")
    assert (event.kind, event.subject) == ("segment.written", "segment:ecoles-du-quebec")
    assert event.data == {"label": "Écoles du Québec", "condition": QUEBEC}


@pytest.mark.parametrize(
    ("label", "condition", "words"),
    [
        ("canada", QUEBEC, "There is a part of the mail called “Canada” already."),
        ("United  States", QUEBEC, "There is a part of the mail called “United States” already."),
        (
            "The north",
            {"fact": "contact.country", "op": "eq", "value": "CA"},
            "“Canada” says the same already.",
        ),
        ("…", QUEBEC, "Give it a name with letters or digits."),
    ],
)
def test_what_there_is_already_is_refused(label: str, condition: Any, words: str) -> None:
    with pytest.raises(CannotWrite, match=words):
        write(label, condition)

    assert Segment.objects.count() == len(SEGMENTS)


@pytest.mark.parametrize(
    "condition",
    [
        {"fact": "contact.moon", "op": "eq", "value": 1},
        {"fact": "account.locations", "op": "eq", "value": "many"},
        {},
    ],
)
def test_condition_that_the_send_policy_could_not_ask_is_refused(condition: Any) -> None:
    with pytest.raises(PolicyInvalid):
        write_segment(label="Moon", condition=condition, by=ADMIN, now=NOW)
