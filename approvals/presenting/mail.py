"""The mail as it will arrive, its claims with their evidence, and what the copy checks say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from approvals.models import Revision, Send
from revenue.policies.catalogue import CATALOGUE

OLD = timedelta(days=365)
"""The age at which evidence is marked where its fact has no freshness limit of its own."""

FAULT_TONES = {"block": "stop", "warn": "wait"}


def shown_mail(
    send: Send, revision: Revision, claims: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What ``components/mail.html`` takes."""
    return {
        "subject": revision.subject,
        "sender": f"{revision.from_name} <{revision.from_address}>",
        "recipient": recipient(send),
        "body": list(body_parts(revision.body, claims)),
        "footer": revision.footer,
    }


def recipient(send: Send) -> str:
    return f"{send.to_name} <{send.to_address}>" if send.to_name else send.to_address


def shown_claims(revision: Revision, *, today: date) -> list[dict[str, Any]]:
    """The claims of a text in order, as ``components/evidence.html`` takes them."""
    stored = sorted(revision.claims, key=lambda claim: (claim["start"], -claim["end"]))
    return [
        _shown_claim(number, claim, revision.body, today=today)
        for number, claim in enumerate(stored, start=1)
    ]


def _shown_claim(
    number: int, claim: Mapping[str, Any], body: str, *, today: date
) -> dict[str, Any]:
    as_of = date.fromisoformat(claim["as_of"]) if claim["as_of"] else None
    return {
        "number": number,
        "start": claim["start"],
        "end": claim["end"],
        "text": body[claim["start"] : claim["end"]],
        "state": _claim_state(claim, as_of, today=today),
        "evidence": evidence_words(claim),
        "source": source_words(claim["source"]) if claim["supported"] else "",
        "seen_at": datetime.combine(as_of, time(12), UTC) if as_of else None,
    }


def _claim_state(claim: Mapping[str, Any], as_of: date | None, *, today: date) -> str:
    if not claim["supported"]:
        return "stop"
    fact = CATALOGUE.get(claim["fact"])
    limit = (fact.freshness if fact else None) or OLD
    return "wait" if as_of is None or today - as_of > limit else "go"


def evidence_words(claim: Mapping[str, Any]) -> str:
    """Which stored field says so, and what it says; or why nothing supports it."""
    if not claim["supported"]:
        return claim["reason"] or "No stored field supports this."
    field = str(claim["field"]).replace("_", " ")
    return f"{field.capitalize()}: {claim['value']}" if field else str(claim["value"])


def source_words(source: str) -> str:
    """``langley:LAN-20`` as ``langley LAN-20``; what we derived or noted ourselves by its page."""
    kind, _, key = source.partition(":")
    own = {"account": "our own record of the business", "contact": "our own record of the person"}
    return own.get(kind, f"{kind.replace('_', ' ')} {key}".strip())


def body_parts(body: str, claims: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The body cut at its claims; one that begins inside another is listed but not underlined."""
    at = 0
    for claim in claims:
        if claim["start"] < at or claim["end"] > len(body):
            continue
        if claim["start"] > at:
            yield {"text": body[at : claim["start"]]}
        yield {"text": claim["text"], "claim": claim}
        at = claim["end"]
    if at < len(body):
        yield {"text": body[at:]}


def first_words(body: str) -> str:
    """How a text begins, without the greeting."""
    paragraphs = [" ".join(part.split()) for part in body.split("\n\n")]
    greeted = len(paragraphs) > 1 and len(paragraphs[0]) < 40 and paragraphs[0].endswith((",", ":"))
    return " ".join(paragraphs[1:] if greeted else paragraphs)[:140]
