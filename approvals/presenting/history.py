"""What happened to a send, from the ledger, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from approvals import opening
from approvals.edits import word_diff
from approvals.models import (
    Attempt,
    AttemptOutcome,
    Decision,
    EditClass,
    RejectReason,
    Revision,
    Send,
)
from revenue.models import LedgerEvent

POINTING = frozenset({"from_revision", "real_revision"})
"""What the data of an event calls the text that another one came from, or gave way to."""


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the timeline; ``diff`` holds the parts of ``components/diff.html``."""

    by: str
    text: str
    at: datetime
    more: str = ""
    diff: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Past:
    """The events of one send, and what they point to: by id, attempts by number."""

    send: Send
    events: Sequence[LedgerEvent]
    decisions: Mapping[int, Decision]
    revisions: Mapping[int, Revision]
    attempts: Mapping[int, Attempt]
    zone: tzinfo

    @classmethod
    def of(cls, send: Send, *, zone: tzinfo) -> Past:
        """Read one statement for the events, and one more for each sort that they point to."""
        events = opening.history_of(send.pk)
        named = {name for event in events for name in event.data}
        decisions = opening.decisions_of(send) if "decision" in named else []
        revisions = opening.revisions_of(send) if named & POINTING else []
        attempts = opening.attempts_of(send) if "attempt" in named else []
        return cls(
            send=send,
            events=events,
            decisions={row.pk: row for row in decisions},
            revisions={row.pk: row for row in revisions},
            attempts={row.number: row for row in attempts},
            zone=zone,
        )

    def story(self) -> list[Told]:
        """All of it, newest first."""
        draft = self.send.draft
        lines = [Told(draft.written_by, "drafted it", draft.written_at)]
        lines += [
            TELLERS[event.kind](event, self) for event in self.events if event.kind in TELLERS
        ]
        return lines[::-1]

    def edit(self) -> Edit | None:
        """How the text that stands differs from the agent's, if it does."""
        standing = self.revisions.get(self.send.revision_id or 0)
        first = min(self.revisions.values(), key=lambda revision: revision.number, default=None)
        if standing is None or first is None or standing == first:
            return None
        classes = [EditClass(revision.edit_class) for revision in self.revisions.values()]
        return Edit(
            by=standing.written_by,
            changed=max(classes, key=list(EditClass).index).label.lower(),
            diff=shown_diff(first, standing),
        )


@dataclass(frozen=True, slots=True)
class Edit:
    """What people changed; ``changed`` names the weightiest class of their edits."""

    by: str
    changed: str
    diff: Sequence[Mapping[str, str]]


def _plain(text: str) -> Callable[[LedgerEvent, Past], Told]:
    def tell(event: LedgerEvent, past: Past) -> Told:
        return Told(event.actor, text, event.at, more=str(event.data.get("reason", "")))

    return tell


def _decided(text: str) -> Callable[[LedgerEvent, Past], Told]:
    def tell(event: LedgerEvent, past: Past) -> Told:
        decision = past.decisions.get(event.data.get("decision", 0))
        if decision is None:
            return Told(event.actor, text, event.at)
        why = [RejectReason(decision.reason_code).label] if decision.reason_code else []
        why += [f"“{decision.reason}”"] if decision.reason else []
        seen = ""
        if decision.visible_ms:
            seconds = max(round(decision.visible_ms / 1000), 1)
            seen = f" after {seconds} s on screen"
        if decision.authority_level is not None:
            seen = f" inside the policy, at level {decision.authority_level}"
        return Told(event.actor, f"{text}{seen}", event.at, more=": ".join(why))

    return tell


def _edited(event: LedgerEvent, past: Past) -> Told:
    after = past.revisions.get(event.data.get("revision", 0))
    before = past.revisions.get(event.data.get("from_revision", 0))
    changed = EditClass(event.data.get("edit_class", EditClass.COSMETIC)).label.lower()
    if after is None or before is None:
        return Told(event.actor, f"edited {changed}", event.at)
    return Told(event.actor, f"edited {changed}", event.at, diff=shown_diff(before, after))


def _planted(text: str) -> Callable[[LedgerEvent, Past], Told]:
    def tell(event: LedgerEvent, past: Past) -> Told:
        told = _decided(text)(event, past)
        planted = past.revisions.get(event.data.get("revision", 0))
        real = past.revisions.get(event.data.get("real_revision", 0))
        if planted is None or real is None:
            return told
        return replace(told, diff=shown_diff(planted, real))

    return tell


def shown_diff(before: Revision, after: Revision) -> list[dict[str, str]]:
    """What ``components/diff.html`` takes."""
    return [
        {"op": span.kind.value, "text": span.text}
        for span in word_diff(whole(before), whole(after))
    ]


def whole(revision: Revision) -> str:
    """Subject and body as one text, as they are compared."""
    return f"{revision.subject}\n\n{revision.body}"


def _attempted(event: LedgerEvent, past: Past) -> Told:
    attempt = past.attempts.get(event.data.get("attempt", 0))
    if attempt is None or attempt.outcome is None:
        return Told(event.actor, "lost sight of it while handing it over", event.at)
    outcome = AttemptOutcome(attempt.outcome).label.lower()
    reply = " ".join(part for part in (attempt.code, attempt.reply) if part)
    return Told(event.actor, f"attempt {attempt.number}: {outcome}", event.at, more=reply)


def _snoozed(event: LedgerEvent, past: Past) -> Told:
    until = datetime.fromisoformat(event.data["until"]).astimezone(past.zone)
    said = f"{until:%a} {until.day} {until:%b %H:%M}"
    return Told(event.actor, f"put it away until {said}", event.at)


def _resolved(event: LedgerEvent, past: Past) -> Told:
    text = (
        "found that it arrived" if event.data.get("delivered") else "found that it did not arrive"
    )
    return Told(event.actor, text, event.at, more=str(event.data.get("note", "")))


TELLERS: dict[str, Callable[[LedgerEvent, Past], Told]] = {
    "send.opened": _plain("put it up for a decision"),
    "send.edited": _edited,
    "send.approved": _decided("approved it"),
    "send.rejected": _decided("rejected it"),
    "send.returned": _decided("sent it back"),
    "send.undone": _plain("took that back"),
    "seeded.caught": _planted("caught a planted fault"),
    "seeded.missed": _planted("let a planted fault through"),
    "send.snoozed": _snoozed,
    "send.woken": _plain("brought it back"),
    "send.reopened": _plain("brought it back for a decision"),
    "send.pending": _plain("put it up for a decision again"),
    "send.expired": _plain("let it expire"),
    "send.stale": _plain("took it out of the queue"),
    "send.superseded": _plain("replaced it by a newer draft"),
    "send.revoked": _plain("withdrew the approval"),
    "send.taken_back": _plain("put it back after a stop"),
    "send.sent": _attempted,
    "send.did_harm": _plain("reported that it did harm"),
    "send.deferred": _attempted,
    "send.failed": _attempted,
    "send.uncertain": _attempted,
    "send.resolved": _resolved,
    "send.unsubscribed": _plain("unsubscribed"),
}
