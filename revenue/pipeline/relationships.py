"""What holds between us and an account: typed, dated, sourced statements, never edited.

A newer statement supersedes an older one. What nothing supersedes and what is valid today stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from revenue import ledger
from revenue.actors import Actor
from revenue.models import Account, Confidence, Contact, RelationshipFact, RelationshipKind
from revenue.pipeline.texts import clean

SENSITIVE = frozenset(
    {
        RelationshipKind.LEFT_OVER_PRICE,
        RelationshipKind.UNHAPPY,
        RelationshipKind.CHAMPION_MOVED,
        RelationshipKind.PAYS_LATE,
        RelationshipKind.USES_OTHER,
        RelationshipKind.NOT_NOW,
    }
)
"""What one should know before writing to them; it is shown first."""
LONGEST = {"statement": 300, "source": 200}
"""Characters that fit, as the columns have it."""
_RANK = {kind.value: place for place, kind in enumerate(RelationshipKind)}


class InvalidFactError(ValueError):
    """The statement can't be taken; ``field`` and the message say why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


class SupersededError(ValueError):
    """Somebody has replaced this statement already; look at the newer one first."""


class MergedError(ValueError):
    """This account was merged into another: note it there."""


@dataclass(frozen=True, slots=True)
class Relationship:
    """The facts of an account: ``standing`` with sensitivities first, ``past`` by when noted.

    ``past`` holds what was superseded, has run out or does not hold yet.
    """

    standing: list[RelationshipFact]
    past: list[RelationshipFact]


@transaction.atomic
def note_fact(
    *,
    account: Account,
    contact: Contact | None,
    kind: RelationshipKind,
    statement: str,
    source: str,
    confidence: Confidence,
    valid_from: date,
    valid_until: date | None,
    supersedes: RelationshipFact | None,
    by: Actor,
    now: datetime,
) -> RelationshipFact:
    """Note a statement; the one it supersedes stands no more and stays on record.

    The ledger hears of kind and number, not of the words: it keeps them for ever. Raises
    InvalidFactError, SupersededError and MergedError.
    """
    stored = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    if stored.merged_into_id is not None:
        raise MergedError(MergedError.__doc__)
    said, origin = _words("statement", statement), _words("source", source)
    _require_fitting(stored, contact, valid_from, valid_until, supersedes)
    try:
        with transaction.atomic():
            fact = RelationshipFact.objects.create(
                account=stored,
                contact=contact,
                kind=kind,
                statement=said,
                source=origin,
                confidence=confidence,
                valid_from=valid_from,
                valid_until=valid_until,
                supersedes=supersedes,
                noted_at=now,
                noted_by=str(by),
            )
    except IntegrityError as error:
        if supersedes is None or not _is_superseded(supersedes):
            raise
        raise SupersededError(SupersededError.__doc__) from error
    ledger.append(
        kind="relationship.noted",
        subject=f"account:{stored.pk}",
        by=by,
        now=now,
        data={
            "fact": fact.pk,
            "kind": fact.kind,
            "contact": fact.contact_id,
            "supersedes": fact.supersedes_id,
        },
    )
    return fact


def relationship_of(account: Account, *, today: date) -> Relationship:
    """All that was noted about an account, with who it is about; one statement."""
    found = list(
        RelationshipFact.objects.filter(account=account)
        .select_related("contact", "superseded_by")
        .order_by("-noted_at", "-id")
    )
    standing = [fact for fact in found if not is_superseded(fact) and holds(fact, on=today)]
    stands = {fact.pk for fact in standing}
    return Relationship(
        standing=sorted(standing, key=lambda fact: prominence(fact.kind)),
        past=[fact for fact in found if fact.pk not in stands],
    )


def newest_statements(accounts: Iterable[int]) -> QuerySet[RelationshipFact]:
    """What nothing supersedes, about any of these accounts; ``holds`` tells whether it is valid."""
    return RelationshipFact.objects.filter(account__in=list(accounts), superseded_by__isnull=True)


def holds(fact: RelationshipFact, *, on: date) -> bool:
    """Whether a statement is valid on a day; the first and the last day belong to it."""
    return fact.valid_from <= on and (fact.valid_until is None or on <= fact.valid_until)


def is_superseded(fact: RelationshipFact) -> bool:
    """Whether a newer statement took its place; the fact carries ``superseded_by``."""
    return hasattr(fact, "superseded_by")


def prominence(kind: str) -> tuple[bool, int]:
    """Sorts kinds: sensitivities first, then in the order of ``RelationshipKind``."""
    return kind not in SENSITIVE, _RANK.get(kind, len(_RANK))


def move_facts(*, ids: Iterable[int], to: int) -> None:
    """Hand facts to another account, with all that superseded them since: chains stay whole."""
    moving, newer = set[int](), set(ids)
    while newer - moving:
        moving |= newer
        followers = RelationshipFact.objects.filter(supersedes__in=newer)
        newer = set(followers.values_list("pk", flat=True))
    RelationshipFact.objects.filter(pk__in=moving).update(account=to)


def _words(field: str, text: str) -> str:
    most, words = LONGEST[field], clean(text)
    if not words:
        raise InvalidFactError(field, "This field is required.")
    if len(words) > most:
        raise InvalidFactError(field, f"At most {most} characters fit; these are {len(words)}.")
    return words


def _require_fitting(
    account: Account,
    contact: Contact | None,
    valid_from: date,
    valid_until: date | None,
    supersedes: RelationshipFact | None,
) -> None:
    if contact is not None and contact.account_id != account.pk:
        raise InvalidFactError("contact", "This person is at another business.")
    if valid_until is not None and valid_until < valid_from:
        raise InvalidFactError("valid_until", "It can't end before it begins.")
    if supersedes is not None:
        current = RelationshipFact.objects.get(pk=supersedes.pk)
        if current.account_id != account.pk:
            raise InvalidFactError("supersedes", "The older statement is about another business.")


def _is_superseded(fact: RelationshipFact) -> bool:
    return RelationshipFact.objects.filter(supersedes=fact.pk).exists()
