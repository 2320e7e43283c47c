from __future__ import annotations

import pytest

from revenue.agents.drafting.faults import CopyContext
from revenue.agents.drafting.greeting import greeting_faults

DANA = CopyContext(first_name="Dana", last_name="Okafor", account_name="Pure Form Physiotherapy")
NOBODY = CopyContext(account_name="Pure Form Physiotherapy")


def codes(body: str, context: CopyContext) -> list[str]:
    return [found.code for found in greeting_faults(body, context)]


@pytest.mark.parametrize(
    "opening",
    [
        "Hi Dana,",
        "hi dana!",
        "Hello Dana Okafor,",
        "Dear Ms. Okafor:",
        "Good morning Dana,",
        "Dana,",
        "Hello,",
        "Hi there,",
        "Hello Pure Form team,",
        "Hello to everyone at Pure Form Physiotherapy,",
        "Hello Dana and team,",
        "Three things get lost.",
        "",
    ],
)
def test_greeting_of_the_recipient(opening: str) -> None:
    assert codes(f"{opening}\n\nText.", DANA) == []


@pytest.mark.parametrize(
    "opening",
    [
        "Hi Daniel,",
        "Hello Mr. Rossi,",
        "Dear Dan,",
        "Sarah,",
        "Hello Elements Massage team,",
        "Hi Dana and Sarah,",
        "Liebe Petra,",
    ],
)
def test_greeting_of_somebody_else(opening: str) -> None:
    assert codes(f"{opening}\n\nText.", DANA) == ["name.wrong"]


def test_greeting_by_name_without_a_known_name() -> None:
    (found,) = greeting_faults("Hi Dana,\n\nText.", NOBODY)
    assert found.code == "name.wrong"
    assert found.message == "Wrong name: Dana, the recipient is not known by name"
    assert codes("Hello Pure Form team,\n\nText.", NOBODY) == []


@pytest.mark.parametrize(
    "opening", ["Hi ,", "Hi None,", "Hello undefined,", "Dear N/A,", "Hi nan,"]
)
def test_greeting_of_nobody(opening: str) -> None:
    assert codes(f"{opening}\n\nText.", DANA) == ["text.empty_value"]


def test_greeting_knows_accents_apart() -> None:
    context = CopyContext(first_name="Zoë", last_name="O’Brien")  # noqa: RUF001
    assert codes("Hi Zoe,\n\nText.", context) == []
    assert codes("Hi Ms O'Brien,\n\nText.", context) == []
