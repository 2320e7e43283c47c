"""What delivery could not finish, by state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from approvals import queries
from approvals.models import SendState

EACH = 20
MEANING = {
    SendState.UNCERTAIN: (
        "Nobody knows whether it arrived",
        "The connection broke while the mail was being handed over. It is never tried again by "
        "itself. Ask the recipient's side or look it up, then say what happened.",
    ),
    SendState.FAILED: (
        "Given up",
        "The mail server refused it for good, or refused it too often.",
    ),
    SendState.REVOKED: (
        "Withdrawn before it left",
        "What allowed it did not hold any more at the last look.",
    ),
    SendState.STALE: (
        "Overtaken by events",
        "Something happened while it waited, so that nobody needs to decide it.",
    ),
}


@dataclass(frozen=True, slots=True)
class Group:
    """The sends of one state; ``all_url`` leads to the rest, or is empty."""

    state: str
    title: str
    text: str
    number: str
    rows: list[dict[str, Any]]
    all_url: str


def shown_troubles(*, decides: bool, demo: bool) -> dict[str, Any]:
    """The groups that hold anything; one statement."""
    found = queries.troubles(each=EACH)
    return {
        "groups": [
            Group(
                state=state,
                title=title,
                text=text,
                number=f"{EACH}+" if len(found[state]) > EACH else str(len(found[state])),
                rows=[_shown(row) for row in found[state][:EACH]],
                all_url=_all(state) if len(found[state]) > EACH else "",
            )
            for state, (title, text) in MEANING.items()
            if found[state]
        ],
        "decides": decides,
        "demo": demo,
    }


def _all(state: str) -> str:
    return reverse("approvals:queue", query={"state": state})


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "url": reverse("approvals:send", args=[row["id"]], query={"state": row["state"]}),
        "business": row["account_name"],
        "who": row["to_name"] or row["to_address"],
        "address": row["to_address"],
        "subject": row["subject"],
        "reason": row["state_reason"],
        "since": row["state_at"],
        "attempts": row["attempts"],
        "message_id": row["message_id"],
    }
