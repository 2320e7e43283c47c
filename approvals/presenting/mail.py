"""The mail as it will arrive, its claims with their evidence, and what the copy checks say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from approvals.models import Revision, Send
from revenue.agents.drafting.claims import Claim
from revenue.policies.catalogue import CATALOGUE
from revenue.web.claims import ShownClaim, shown_claims

OLD = timedelta(days=365)
"""The age at which evidence is marked where its fact has no freshness limit of its own."""
GREETING = 40


def shown_mail(send: Send, revision: Revision) -> dict[str, str]:
    """What ``components/mail.html`` takes."""
    return {
        "subject": revision.subject,
        "sender": f"{revision.from_name} <{revision.from_address}>",
        "recipient": recipient(send.to_name, send.to_address),
        "body": revision.body,
        "footer": revision.footer,
    }


def recipient(name: str, address: str) -> str:
    return f"{name} <{address}>" if name else address


def claims_of(revision: Revision, *, today: date) -> tuple[ShownClaim, ...]:
    """The claims of a text in order; a supported one whose evidence is old is marked."""
    claims = [Claim.from_json(stored) for stored in revision.claims]
    limits = {claim.start: limit_of(claim) for claim in claims}
    return tuple(
        _marked_old(shown)
        if shown.state == "go"
        and shown.seen_at is not None
        and today - shown.seen_at > limits[shown.start]
        else shown
        for shown in shown_claims(revision.body, claims)
    )


def limit_of(claim: Claim) -> timedelta:
    """How old the evidence of this fact may be."""
    fact = CATALOGUE.get(claim.fact)
    return (fact.freshness if fact else None) or OLD


def _marked_old(shown: ShownClaim) -> ShownClaim:
    return replace(shown, state="wait", evidence=f"{shown.evidence}, but nobody has looked since")


def first_words(body: str) -> str:
    """How a text begins, without the greeting."""
    paragraphs = [" ".join(part.split()) for part in body.split("\n\n", 2)]
    greets = len(paragraphs[0]) < GREETING and paragraphs[0].endswith((",", ":"))
    return " ".join(paragraphs[1:] if greets and paragraphs[1:] else paragraphs)
