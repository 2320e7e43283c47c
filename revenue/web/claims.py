"""The claims of a mail as the pages show them: numbered in the text, listed with their evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from revenue.agents.drafting.claims import Claim


@dataclass(frozen=True, slots=True)
class ShownClaim:
    """``state`` is ``go`` where a stored value says the same, ``stop`` where none does."""

    number: int
    start: int
    end: int
    state: str
    text: str
    evidence: str
    source: str
    seen_at: date | None


@dataclass(frozen=True, slots=True)
class Part:
    """A run of the text; ``claim`` is None between claims."""

    text: str
    claim: ShownClaim | None = None


def shown_claims(body: str, claims: Sequence[Claim]) -> tuple[ShownClaim, ...]:
    """The claims in the order of the text, numbered from one."""
    ordered = sorted(claims, key=lambda claim: (claim.start, claim.end))
    return tuple(
        ShownClaim(
            number=number,
            start=claim.start,
            end=claim.end,
            state="go" if claim.supported else "stop",
            text=body[claim.start : claim.end],
            evidence=_evidence(claim),
            source=" · ".join(filter(None, (claim.source, claim.field))),
            seen_at=claim.as_of,
        )
        for number, claim in enumerate(ordered, start=1)
    )


def parts_of(body: str, claims: Sequence[ShownClaim]) -> list[Part]:
    """The whole body cut at its claims; one that overlaps an earlier one stays in the list only."""
    parts: list[Part] = []
    at = 0
    for claim in claims:
        if not at <= claim.start <= claim.end <= len(body):
            continue
        parts += [Part(body[at : claim.start]), Part(body[claim.start : claim.end], claim)]
        at = claim.end
    return [part for part in (*parts, Part(body[at:])) if part.text]


def _evidence(claim: Claim) -> str:
    subject = claim.fact.rpartition(".")[2].replace("_", " ").capitalize()
    if claim.supported:
        return f"{subject}: {claim.value}"
    return f"{subject}: {claim.reason}"
