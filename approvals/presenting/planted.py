"""A planted fault as it is told: what the text said, and what is so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from approvals.models import PlantedFault, SeededDefect
from approvals.presenting.item import Reader

SAID = {
    PlantedFault.WRONG_NAME: "It was addressed to “{fragment}”; the mail is to “{original}”.",
    PlantedFault.WRONG_BUSINESS: "It said “{fragment}” where they are “{original}”.",
    PlantedFault.WRONG_PLACE: "It said “{fragment}” where they are in “{original}”.",
    PlantedFault.WRONG_NUMBER: "It said “{fragment}” where “{original}” is true.",
    PlantedFault.INVENTED_PRAISE: "It said “{fragment}”, and nothing on record says so.",
    PlantedFault.INVENTED_OFFER: "It said “{fragment}”, and we make no such offer.",
}


@dataclass(frozen=True, slots=True)
class ShownFault:
    """``before``, ``fragment`` and ``after`` make up the paragraph in which it stood.

    ``typed``: words that did not get into the mail, to copy.
    """

    title: str
    said: str
    outcome: str
    state: str
    before: str
    fragment: str
    after: str
    by: str
    at: datetime
    is_own: bool
    typed: str = ""


def shown_fault(defect: SeededDefect, *, reader: Reader, typed: str = "") -> ShownFault:
    """A fault that is known by now; it carries its ``revision``."""
    body = defect.revision.body
    start = body.index(defect.fragment)
    first = body.rfind("\n\n", 0, start) + 2 if "\n\n" in body[:start] else 0
    last = body.find("\n\n", start)
    end = start + len(defect.fragment)
    is_own = defect.decided_by == str(reader.actor)
    assert defect.decided_at is not None  # noqa: S101  # set together with who decided
    return ShownFault(
        title="A planted fault, and you caught it" if defect.caught else "A planted fault, missed",
        said=said(defect),
        outcome=outcome(caught=bool(defect.caught), is_own=is_own),
        state="caught" if defect.caught else "missed",
        before=body[first:start],
        fragment=defect.fragment,
        after=body[end : last if last >= 0 else len(body)],
        by=defect.decided_by or "",
        at=defect.decided_at,
        is_own=is_own,
        typed=typed,
    )


def said(defect: SeededDefect) -> str:
    """What it said, in one sentence."""
    fragment = defect.fragment.rstrip(".")
    return SAID[PlantedFault(defect.kind)].format(fragment=fragment, original=defect.original)


def outcome(*, caught: bool, is_own: bool) -> str:
    who = "You" if is_own else "They"
    return f"{who} caught it." if caught else f"{who} let it through; a planted text never leaves."


def address_of(defect: SeededDefect) -> str:
    return reverse("approvals:planted", args=[defect.send_id])
