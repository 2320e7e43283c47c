"""What waits at each seat, as the parts above tell it.

``settings.WAITING_COUNTERS`` names functions without parameters that give, by seat, what waits
there. This part never imports those above it, so they are named as text and called when asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from django.conf import settings
from django.urls import reverse
from django.utils.module_loading import import_string

from revenue.agents.chart import COUNT_LIMIT, Waiting
from revenue.pipeline.screening import unscreened

Counter = Callable[[], Mapping[str, Sequence[tuple[str, int, str]]]]


def waiting_by_seat() -> dict[str, list[Waiting]]:
    """Everything that waits, by the slug of the seat; each counter has its own statements."""
    found: dict[str, list[Waiting]] = {}
    for path in settings.WAITING_COUNTERS:
        counter: Counter = import_string(path)
        for seat, entries in counter().items():
            found.setdefault(seat, []).extend(Waiting(*entry) for entry in entries)
    return found


def own() -> dict[str, list[tuple[str, int, str]]]:
    """What waits in this part: accounts that the profile has not been asked about."""
    number = unscreened()[: COUNT_LIMIT + 1].count()
    if not number:
        return {}
    address = f"{reverse('revenue:accounts')}?effect=none"
    return {"prospector": [("accounts to screen", number, address)]}
