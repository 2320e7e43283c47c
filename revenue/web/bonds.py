"""Relationship facts as pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from revenue.models import Confidence, RelationshipFact, RelationshipKind
from revenue.pipeline.relationships import is_superseded


@dataclass(frozen=True, slots=True)
class ShownFact:
    """One statement. ``about`` names a person, or is empty for the whole business.

    ``noted_by`` is empty where it is not shown. ``became`` says why it does not stand:
    ``replaced``, ``ended`` or ``to_come``.
    """

    pk: int
    kind: str
    kind_words: str
    statement: str
    source: str
    confidence: str
    about: str
    since: date
    until: date | None
    noted_at: datetime
    noted_by: str = ""
    became: str = ""
    replaced_at: datetime | None = None


def shown_facts(facts: list[RelationshipFact], *, today: date | None = None) -> list[ShownFact]:
    """Statements with their ``contact``; with ``today`` also what became of each."""
    return [_shown(fact, today) for fact in facts]


def kind_words(kind: str) -> str:
    return RelationshipKind(kind).label if kind in RelationshipKind.values else kind


def confidence_words(confidence: str) -> str:
    return Confidence(confidence).label if confidence in Confidence.values else confidence


def _shown(fact: RelationshipFact, today: date | None) -> ShownFact:
    contact = fact.contact
    replaced = is_superseded(fact) if today else False
    return ShownFact(
        pk=fact.pk,
        kind=fact.kind,
        kind_words=kind_words(fact.kind),
        statement=fact.statement,
        source=fact.source,
        confidence=confidence_words(fact.confidence),
        about=(contact.name or contact.email) if contact else "",
        since=fact.valid_from,
        until=fact.valid_until,
        noted_at=fact.noted_at,
        noted_by=fact.noted_by,
        became=_became(fact, today, replaced=replaced) if today else "",
        replaced_at=fact.superseded_by.noted_at if replaced else None,
    )


def _became(fact: RelationshipFact, today: date, *, replaced: bool) -> str:
    if replaced:
        return "replaced"
    return "to_come" if fact.valid_from > today else "ended"
