"""Segments: what facts are surely in."""

from __future__ import annotations

import pytest

from revenue.agents.segments import EVERYTHING, SEGMENTS, holding, install_segments
from revenue.models import Segment

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
