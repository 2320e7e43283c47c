from __future__ import annotations

import json

import pytest

from revenue.agents.drafting.brief import Brief, Kind
from tests.revenue.agents.drafting.samples import FULL, a_brief, told


@pytest.mark.parametrize(
    "brief",
    [
        a_brief(),
        a_brief(**FULL),
        told(a_brief(Kind.REACTIVATION, days_since_contact=200, **FULL), "met"),
    ],
    ids=["bare", "full", "reactivation"],
)
def test_brief_survives_json(brief: Brief) -> None:
    stored = json.loads(json.dumps(brief.as_json()))
    assert Brief.from_json(stored) == brief


def test_brief_from_foreign_json_is_refused() -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        Brief.from_json({"kind": "cold"})
