"""Parts of the mail that authority can be granted for, as conditions on a send's facts.

They may overlap. Of what is granted for the segments that a mail is in, the highest level counts,
and of equal levels that of the segment written last, so its evidence is its own. A segment never
changes: who means another part of the mail writes another one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from revenue import ledger
from revenue.actors import Actor
from revenue.models import Segment
from revenue.policies.comparing import Get, compile_leaf
from revenue.policies.conditions import Node, dump, parse_condition
from revenue.policies.kleene import Truth, combine
from revenue.policies.vocabulary import PolicyKind

EVERYTHING = "everything"
LONGEST_LABEL = 60
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


class CannotWrite(ValueError):
    """There is such a segment already; the message says which."""


@transaction.atomic
def write_segment(*, label: str, condition: dict[str, Any], by: Actor, now: datetime) -> Segment:
    """Add a segment behind the others. It grants nothing by itself.

    Raises PolicyInvalid for a condition that the send policy could not ask, or CannotWrite.
    """
    parsed = parse_condition(condition, PolicyKind.SEND)
    label = " ".join(label.split())[:LONGEST_LABEL]
    Segment.objects.select_for_update(no_key=True).get(pk=EVERYTHING)  # one writer at a time
    known = in_order()
    slug = slugify(label)[:32].strip("-")
    if not slug:
        raise CannotWrite("Give it a name with letters or digits.")
    for other in known:
        if slug == other.pk or label.casefold() == other.label.casefold():
            raise CannotWrite(f"There is a part of the mail called “{other.label}” already.")
        if other.condition is not None and parse_of(other) == parsed:
            raise CannotWrite(f"“{other.label}” says the same already.")
    segment = Segment.objects.create(
        slug=slug,
        label=label,
        condition=dump(parsed),
        position=known[-1].position + 1,
    )
    ledger.append(
        kind="segment.written",
        subject=f"segment:{slug}",
        by=by,
        now=now,
        data={"label": label, "condition": segment.condition},
    )
    return segment


def in_order() -> list[Segment]:
    """All of them; of equal levels the last that holds counts."""
    return list(Segment.objects.order_by("position", "slug"))


def parse_of(segment: Segment) -> Node | None:
    """Its condition; None for everything."""
    condition = segment.condition
    return None if condition is None else _parsed(json.dumps(condition))


def holding(facts: Mapping[str, object]) -> frozenset[str]:
    """The slugs of the segments that these facts are surely in; what is unknown is not."""
    return frozenset(segment.pk for segment in Segment.objects.all() if is_in(segment, facts))


def is_in(segment: Segment, facts: Mapping[str, object]) -> bool:
    """Whether these facts are surely in the segment."""
    condition = segment.condition
    return condition is None or _compiled(json.dumps(condition))(facts.get) is True


@lru_cache(maxsize=256)
def _parsed(condition: str) -> Node:
    return parse_condition(condition, PolicyKind.SEND)


@lru_cache(maxsize=256)
def _compiled(condition: str) -> Callable[[Get], Truth]:
    return combine(_parsed(condition), compile_leaf)
