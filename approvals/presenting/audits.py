"""The audits behind a certificate's figures: what was decided of each, and what it counts as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from approvals import audits
from approvals.audits import Behind, Counts
from approvals.certificates import WINDOW, Subject
from approvals.findings import TOO_FAST_MS
from approvals.models import Channel, Choice, EditClass, Finding, RejectReason

WORDS = {
    Finding.CLEAN: "Clean",
    Finding.DEFECT: "At fault",
    Finding.NO_EVIDENCE: "Not counted",
}
APPROVED = {
    EditClass.NONE: "Approved as drafted",
    EditClass.COSMETIC: "Approved with other wording",
    EditClass.CLAIM: "A claim was changed, then approved",
    EditClass.OFFER: "The offer was changed, then approved",
}
FAULTS = {
    EditClass.CLAIM: "what the agent claimed could not stay",
    EditClass.OFFER: "what the agent offered could not stay",
}
BULK = "approved with others at once, so nobody is known to have read it"
UNTIMED = "nobody measured how long it was read"


@dataclass(frozen=True, slots=True)
class Figures:
    """The three figures of a certificate, and the address of the audits behind them."""

    clean: int
    faults: int
    no_evidence: int
    url: str

    @property
    def clean_url(self) -> str:
        return _narrowed(self.url, Finding.CLEAN)

    @property
    def faults_url(self) -> str:
        return _narrowed(self.url, Finding.DEFECT)

    @property
    def no_evidence_url(self) -> str:
        return _narrowed(self.url, Finding.NO_EVIDENCE)


def audits_url(subject: Subject, **query: Any) -> str:
    """The page of the audits of a subject; ``change`` or ``grant`` for those of that time."""
    parts = [subject.seat, subject.action, subject.segment]
    return reverse("approvals:seat_audits", args=parts, query=query or None)


def kept_url(subject: Subject, evidence: Mapping[str, Any], *, authority_id: int) -> str:
    """The audits that a grant was made on; "" where none were counted."""
    if "certificate" not in evidence:
        return ""
    if change := evidence.get("change"):
        return audits_url(subject, change=change)
    return audits_url(subject, grant=authority_id)


def kept_figures(found: Mapping[str, Any], url: str) -> Figures:
    """Of a certificate as it was written down."""
    return Figures(found["clean"], found["faults"], found["no_evidence"], url)


def shown_audits(
    behind: Behind,
    *,
    finding: str,
    after: str,
    opens: bool,
    query: Mapping[str, Any],
    now: datetime,
) -> dict[str, Any]:
    """The context of ``approvals/audits.html``, but for what it names; five statements.

    ``opens``: whether the reader may see the mails themselves. ``query`` says which time it is
    about, for the addresses of the page.
    """

    def at_place(place: str) -> str:
        where = {"finding": finding, "after": place}
        return audits_url(behind.subject, **query, **_given(where))

    over = audits.is_over(now=now)
    found = audits.counts(behind, over=over)
    rows = audits.page(behind, finding=finding, after=after, over=over)
    return {
        "at": behind.at if behind.kept else None,
        "since": behind.since,
        "days": WINDOW.days,
        "tabs": _tabs(found, finding, behind.subject, query),
        "rows": [_shown(row, opens=opens) for row in rows.rows],
        "unnamed": _sum(found.unnamed, finding),
        "changed_words": _changed(behind.kept, found),
        "finding_words": WORDS[Finding(finding)].lower() if finding else "",
        "older_url": at_place(rows.after) if rows.after else "",
        "newer_url": at_place("") if after else "",
    }


def _given(query: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in query.items() if value}


def _tabs(
    found: Counts, finding: str, subject: Subject, query: Mapping[str, Any]
) -> list[dict[str, Any]]:
    labels = [("", "All"), *((str(value), label) for value, label in WORDS.items())]
    return [
        {
            "label": label,
            "url": audits_url(subject, **query, **_given({"finding": value})),
            "here": finding == value,
            "count": f"{_sum(found.all, value):,}",
        }
        for value, label in labels
    ]


def _sum(counts: Mapping[str, int], finding: str) -> int:
    return counts.get(finding, 0) if finding else sum(counts.values())


def _changed(kept: Mapping[str, int] | None, found: Counts) -> str:
    """What was written down then, where some of it was decided again since."""
    if kept is None or all(found.all.get(name, 0) == n for name, n in kept.items()):
        return ""
    told = ", ".join(f"{kept[name]:,} {WORDS[name].lower()}" for name in WORDS)
    return f"Written down then: {told}. Some of these were decided again since."


def _narrowed(url: str, finding: Finding) -> str:
    return f"{url}{'&' if '?' in url else '?'}finding={finding}"


def _shown(row: Mapping[str, Any], *, opens: bool) -> dict[str, Any]:
    finding, decided = Finding(row["finding"]), row["decided"]
    return {
        "url": reverse("approvals:send", args=[row["send_id"]]) if opens else "",
        "business": row["business"],
        "subject": row["subject"],
        "at": row["found_at"],
        "by": row["found_by"],
        "finding": finding,
        "finding_words": WORDS[finding],
        "decision": decision_words(decided, row["edited"]) if decided else "",
        "said": decided["reason"] if decided else "",
        "why": why_words(finding, decided, row["edited"]) if decided else "",
    }


def decision_words(decided: Mapping[str, Any], edited: EditClass) -> str:
    """``Rejected: Tone is off``, ``A claim was changed, then approved``."""
    if decided["choice"] == Choice.APPROVE:
        return APPROVED[edited]
    words = str(Choice(decided["choice"]).label)
    code = decided["reason_code"]
    return f"{words}: {RejectReason(code).label}" if code else words


def why_words(finding: Finding, decided: Mapping[str, Any], edited: EditClass) -> str:
    """Why it counts as it does, after the word for it."""
    if finding == Finding.CLEAN:
        wording = edited == EditClass.COSMETIC
        return "only wording was changed" if wording else _read(decided["visible_ms"])
    if finding == Finding.DEFECT:
        return FAULTS.get(edited, "it would not have left as it was")
    if decided["visible_ms"] is None:
        return BULK if decided["channel"] == Channel.BULK else UNTIMED
    seconds, least = decided["visible_ms"] / 1000, TOO_FAST_MS / 1000
    return f"decided after {seconds:.1f} s; nobody reads a mail in less than {least:.0f} s"


def _read(visible_ms: int | None) -> str:
    return "" if visible_ms is None else f"read for {visible_ms / 1000:,.0f} s"
