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
    # verdicts, rules and conditions
    "allow": ("go", "circle-check"),
    "hold": ("wait", "hand"),
    "deny": ("stop", "octagon-x"),
    "unknown": ("unsure", "circle-question-mark"),
    "yes": ("plain", "check"),
    "no": ("plain", "x"),
    "not_asked": ("plain", "circle-dashed"),
    # sends
    "denied": ("stop", "octagon-x"),
    "pending": ("wait", "inbox"),
    "snoozed": ("wait", "alarm-clock"),
    "returned": ("plain", "undo-2"),
    "rejected": ("stop", "x"),
    "expired": ("plain", "timer-off"),
    "stale": ("wait", "clock-alert"),
    "superseded": ("plain", "replace"),
    "approved": ("go", "timer"),
    "sending": ("go", "send"),
    "sent": ("go", "circle-check"),
    "failed": ("stop", "triangle-alert"),
    "uncertain": ("unsure", "circle-question-mark"),
    "revoked": ("stop", "rotate-ccw"),
    # decisions, bulk results and attempts
    "approve": ("go", "stamp"),
    "reject": ("stop", "x"),
    "return": ("plain", "undo-2"),
    "undo": ("plain", "rotate-ccw"),
    "decided": ("go", "check"),
    "already": ("plain", "users"),
    "changed": ("wait", "pencil"),
    "refused": ("stop", "x"),
    "planted": ("wait", "sprout"),
    "caught": ("go", "eye"),
    "missed": ("wait", "eye-off"),
    "clean": ("go", "circle-check"),
    "defect": ("stop", "triangle-alert"),
    "no_evidence": ("plain", "circle-dashed"),
    "accepted": ("go", "circle-check"),
    "temporary": ("wait", "refresh-cw"),
    "permanent": ("stop", "octagon-x"),
    # change requests
    "waiting": ("wait", "inbox"),
    "scheduled": ("wait", "timer"),
    "withdrawn": ("plain", "rotate-ccw"),
    "lapsed": ("plain", "clock-alert"),
    # imports, policies, deals
    "running": ("wait", "loader"),
    "done": ("go", "circle-check"),
    "cancelled": ("plain", "ban"),
    "draft": ("plain", "file-text"),
    "validated": ("plain", "check"),
    "backtested": ("plain", "history"),
    "shadow": ("wait", "eye"),
    "active": ("go", "circle-check"),
    "retired": ("plain", "archive"),
    "won": ("go", "circle-check"),
    "lost": ("plain", "circle-x"),
    # what holds between us and an account
    "left_over_price": ("wait", "badge-dollar-sign"),
    "unhappy": ("wait", "frown"),
    "champion_moved": ("wait", "user-x"),
    "somebody_signs": ("plain", "signature"),
    "pays_late": ("wait", "hourglass"),
    "uses_other": ("wait", "building-2"),
    "not_now": ("wait", "calendar-clock"),
    "knows_us": ("go", "handshake"),
    # Django's messages
    "success": ("go", "circle-check"),
    "info": ("plain", "info"),
    "warning": ("wait", "triangle-alert"),
    "error": ("stop", "octagon-x"),
}
_TONES: dict[str, tuple[Tone, str]] = {tone: (tone, picture) for tone, picture in ICONS.items()}


def state_of(slug: str) -> tuple[Tone, str]:
    """Tone and icon of a tone or slug; a word that is not listed is plain."""
    return _TONES.get(slug) or STATES.get(slug, _TONES["plain"])
