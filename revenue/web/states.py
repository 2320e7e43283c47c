"""Which of the four states, and which icon, a word of the domain is shown with."""

from __future__ import annotations

from typing import Literal

Tone = Literal["go", "wait", "stop", "unsure", "plain"]

ICONS: dict[Tone, str] = {
    "go": "circle-check",
    "wait": "clock",
    "stop": "octagon-x",
    "unsure": "circle-question-mark",
    "plain": "circle",
}

# Slugs as the models store them. One word has one look, on every page.
STATES: dict[str, tuple[Tone, str]] = {
    # verdicts
    "allow": ("go", "circle-check"),
    "hold": ("wait", "hand"),
    "deny": ("stop", "octagon-x"),
    "unknown": ("unsure", "circle-question-mark"),
    "pass": ("go", "check"),
    "fail": ("stop", "x"),
    # sends
    "drafted": ("plain", "file-text"),
    "gated": ("plain", "shield-check"),
    "pending": ("wait", "inbox"),
    "claimed": ("wait", "eye"),
    "snoozed": ("wait", "alarm-clock"),
    "changes_requested": ("wait", "undo-2"),
    "approved": ("go", "stamp"),
    "auto_approved": ("go", "shield-check"),
    "scheduled": ("go", "timer"),
    "sending": ("go", "send"),
    "sent": ("go", "circle-check"),
    "delivered": ("go", "mail-check"),
    "denied": ("stop", "octagon-x"),
    "rejected": ("stop", "x"),
    "failed": ("stop", "triangle-alert"),
    "revoked": ("stop", "undo-2"),
    "expired": ("plain", "timer-off"),
    "stale": ("wait", "clock-alert"),
    "superseded": ("plain", "replace"),
    "uncertain": ("unsure", "circle-question-mark"),
    # qualification, imports, policies
    "accepted": ("go", "circle-check"),
    "queued": ("plain", "clock"),
    "running": ("wait", "loader"),
    "done": ("go", "circle-check"),
    "finished": ("go", "circle-check"),
    "cancelled": ("plain", "ban"),
    "draft": ("plain", "file-text"),
    "validated": ("plain", "check"),
    "backtested": ("plain", "history"),
    "shadow": ("wait", "eye"),
    "active": ("go", "circle-check"),
    "retired": ("plain", "archive"),
    "suppressed": ("stop", "ban"),
}


def state_of(slug: str) -> tuple[Tone, str]:
    """Tone and icon of a state or slug; a word that is not listed is plain."""
    for tone, picture in ICONS.items():
        if slug == tone:
            return tone, picture
    return STATES.get(slug, ("plain", ICONS["plain"]))
