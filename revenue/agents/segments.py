"""Parts of the mail that authority can be granted for, as conditions on a send's facts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from revenue.models import Segment
from revenue.policies.comparing import Get, compile_leaf
from revenue.policies.conditions import parse_condition
from revenue.policies.kleene import Truth, combine
from revenue.policies.vocabulary import PolicyKind

EVERYTHING = "everything"
_KNOWN_TO_US = ["existing_business", "express"]

# slug, label, condition on the facts of the send policy (None: all)
SEGMENTS: tuple[tuple[str, str, dict[str, Any] | None], ...] = (
    (EVERYTHING, "Everything", None),
    (
        "known-contacts",
        "Known contacts",
        {
            "any": [
                {"fact": "contact.consent", "op": "in", "value": _KNOWN_TO_US},
                {"fact": "contact.days_since_reply", "op": "is_known"},
            ]
        },
    ),
    ("canada", "Canada", {"fact": "contact.country", "op": "eq", "value": "CA"}),
    ("united-states", "United States", {"fact": "contact.country", "op": "eq", "value": "US"}),
)


def install_segments() -> None:
    """Create the segments that are missing; change none that exist."""
    for position, (slug, label, condition) in enumerate(SEGMENTS):
        Segment.objects.get_or_create(
            slug=slug, defaults={"label": label, "condition": condition, "position": position}
        )


def holding(facts: Mapping[str, object]) -> frozenset[str]:
    """The slugs of the segments that these facts are surely in; what is unknown is not."""
    return frozenset(segment.pk for segment in Segment.objects.all() if is_in(segment, facts))


def is_in(segment: Segment, facts: Mapping[str, object]) -> bool:
    """Whether these facts are surely in the segment."""
    condition = segment.condition
    return condition is None or _compiled(json.dumps(condition))(facts.get) is True


@lru_cache(maxsize=64)
def _compiled(condition: str) -> Callable[[Get], Truth]:
    return combine(parse_condition(condition, PolicyKind.SEND), compile_leaf)
