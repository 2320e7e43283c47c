"""Answers to doubtful pairs that can be taken back for a while, and what a pair differs in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from revenue import ledger
from revenue.actors import Actor
from revenue.models import Account, Contact, Deal, DoubtfulPair, RelationshipFact, SourceRecord
from revenue.pipeline.accounts import recompose_accounts
from revenue.pipeline.addresses import distance, domain_of, street_key
from revenue.pipeline.brands import group_brands
from revenue.pipeline.composing import compose
from revenue.pipeline.pairs import join_accounts, keep_apart, merge_pair
from revenue.pipeline.records import lock_matching
from revenue.pipeline.relationships import move_facts
from revenue.pipeline.texts import fold
from revenue.policies.categories import CATEGORIES

COMPARED = (
    ("name", "Name"), ("trade", "What they do"), ("category", "Category"), ("phone", "Telephone"),
    ("street", "Street"), ("unit", "Unit"), ("area", "Area"), ("city", "City"),
    ("postcode", "Postcode"), ("website", "Website"),
    ("employees_full_time", "Full-time staff"),
)  # fmt: skip
ALIKE, DIFFERENT, ONE_SIDED = "alike", "different", "one-sided"


class MovedOnError(Exception):
    """Things changed since the answer, so it can't be taken back any more."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer did, enough to undo it: plain values, so that a page can keep it signed.

    ``goes`` is the account that was merged into ``stays``, or that was split off it for two
    businesses, or None when nothing moved; the lists are what moved from the one to the other.
    ``accounts`` had been merged into ``goes`` before. ``settled`` are the other pairs that the
    merger answered, each with its columns. ``why`` and ``score`` had put the record to the account
    that it was split off.
    """

    pair: int
    answer: str
    stays: int | None = None
    goes: int | None = None
    records: tuple[int, ...] = ()
    contacts: tuple[int, ...] = ()
    pairs: tuple[int, ...] = ()
    facts: tuple[int, ...] = ()
    accounts: tuple[int, ...] = ()
    settled: tuple[dict[str, Any], ...] = ()
    why: str = ""
    score: float | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Answered:
        names = ("records", "contacts", "pairs", "facts", "accounts", "settled")
        lists = {name: tuple(data[name]) for name in names}
        return cls(**{**data, **lists})


@dataclass(frozen=True, slots=True)
class Line:
    """One field of both sides; ``state`` is ``alike``, ``different`` or ``one-sided``."""

    label: str
    record: str
    account: str
    state: str


@transaction.atomic
def answer_pair(*, pair: DoubtfulPair, same: bool, by: Actor, now: datetime) -> Answered:
    """Say whether both are one business. Raises what ``pairs`` raises."""
    if not same:
        return _apart(pair, by=by, now=now)
    lock_matching()  # before any row, as imports do
    own = SourceRecord.objects.values_list("account_id", flat=True).get(pk=pair.record_id)
    sides = {own, pair.account_id}
    list(Account.objects.select_for_update().filter(pk__in=sides).order_by("id"))
    records, contacts = _owned(SourceRecord, sides), _owned(Contact, sides)
    waiting, facts = _owned(DoubtfulPair, sides), _owned(RelationshipFact, sides)
    followers, open_ones = _followers(sides), _open_pairs(pair, sides)
    stays = merge_pair(pair=pair, by=by, now=now).pk
    goes = next(iter(sides - {stays}), None)
    if goes is None:
        return Answered(pair.pk, DoubtfulPair.Answer.SAME, stays)
    return Answered(
        pair.pk,
        DoubtfulPair.Answer.SAME,
        stays,
        goes,
        records=tuple(records.get(goes, ())),
        contacts=tuple(_moved(Contact, contacts.get(goes, ()), stays)),
        pairs=tuple(_moved(DoubtfulPair, waiting.get(goes, ()), stays)),
        facts=tuple(facts.get(goes, ())),
        accounts=tuple(followers.get(goes, ())),
        settled=_gone(open_ones),
    )


@transaction.atomic
def undo_answer(*, answered: Answered, by: Actor, now: datetime) -> None:
    """Take an answer back: the pair waits again, and what was merged is two accounts again, what
    was split is one.

    Other pairs of the same two accounts that the merger answered wait again too. Raises
    MovedOnError.
    """
    lock_matching()
    merged = answered.answer == DoubtfulPair.Answer.SAME
    if answered.goes is not None and answered.stays is not None:
        part = _split if merged else _rejoin
        part(answered, answered.goes, answered.stays, now=now)
    given = DoubtfulPair.objects.filter(pk=answered.pair, answer=answered.answer)
    if not given.update(answer=None, answered_at=None, answered_by=None):
        raise MovedOnError(MovedOnError.__doc__)
    pair = DoubtfulPair.objects.get(pk=answered.pair)
    ledger.append(
        kind="pair.reopened",
        subject=f"account:{answered.stays or pair.account_id}",
        by=by,
        now=now,
        data={
            "pair": pair.pk,
            "answer": answered.answer,
            "split" if merged else "joined": answered.goes,
        },
    )


def rest_of(pairs: Sequence[DoubtfulPair]) -> dict[int, Account]:
    """By id, the pairs that ask whether a record still belongs to its account, each with the
    account as the other records describe it; unsaved. The records must have been loaded.
    """
    own = {pair.pk: pair for pair in pairs if pair.record.account_id == pair.account_id}
    if not own:
        return {}
    records = SourceRecord.objects.filter(
        account__in={pair.account_id for pair in own.values()}, fields__isnull=False
    )
    kept = list(records.order_by("first_seen_at", "id"))
    described = {}
    for pk, pair in own.items():
        others = [
            record.fields or {}
            for record in kept
            if record.account_id == pair.account_id and record.pk != pair.record_id
        ]
        described[pk] = Account(**compose(others, fallback=pair.account.name))
    return described


def compare(record: SourceRecord, account: Account) -> list[Line]:
    """What a record and an account say, field by field; fields that neither knows are left out."""
    fields = record.fields or {}
    lines = [
        _line(label, name, fields.get(name), getattr(account, name)) for name, label in COMPARED
    ]
    return [line for line in lines if line.record or line.account]


def metres_apart(record: SourceRecord, account: Account) -> float | None:
    """How far apart both lie, where both have a place on the map."""
    points = (record.latitude, record.longitude), (account.latitude, account.longitude)
    if None in points[0] or None in points[1]:
        return None
    return distance(points[0], points[1])  # type: ignore[arg-type]


def _apart(pair: DoubtfulPair, *, by: Actor, now: datetime) -> Answered:
    record = SourceRecord.objects.only("match_why", "match_score").get(pk=pair.record_id)
    split = keep_apart(pair=pair, by=by, now=now)
    if split is None:
        return Answered(pair.pk, DoubtfulPair.Answer.DIFFERENT)
    return Answered(
        pair.pk,
        DoubtfulPair.Answer.DIFFERENT,
        pair.account_id,
        split,
        records=(record.pk,),
        why=record.match_why,
        score=record.match_score,
    )


def _owned(
    model: type[SourceRecord | Contact | DoubtfulPair | RelationshipFact], accounts: Iterable[int]
) -> dict[int, list[int]]:
    """Ids of rows by their account."""
    found: dict[int, list[int]] = {}
    rows = model._default_manager.filter(account__in=list(accounts))
    for pk, account in rows.order_by("pk").values_list("pk", "account_id"):
        found.setdefault(account, []).append(pk)
    return found


def _followers(accounts: Iterable[int]) -> dict[int, list[int]]:
    """Ids of accounts by the one that they were merged into."""
    found: dict[int, list[int]] = {}
    rows = Account.objects.filter(merged_into__in=list(accounts)).order_by("pk")
    for pk, account in rows.values_list("pk", "merged_into_id"):
        found.setdefault(account or 0, []).append(pk)
    return found


def _open_pairs(answered: DoubtfulPair, accounts: Iterable[int]) -> list[dict[str, Any]]:
    """The columns of the other pairs that touch these accounts and wait, as JSON values."""
    rows = DoubtfulPair.objects.filter(
        Q(account__in=list(accounts)) | Q(record__account__in=list(accounts)), answer=None
    )
    columns = ("id", "record_id", "account_id", "why", "score", "found_at")
    return [
        {**row, "found_at": row["found_at"].isoformat()}
        for row in rows.exclude(pk=answered.pk).order_by("pk").values(*columns)
    ]


def _gone(pairs: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Those that are not there any more: the merger answered them."""
    ids = [pair["id"] for pair in pairs]
    there = set(DoubtfulPair.objects.filter(pk__in=ids).values_list("pk", flat=True))
    return tuple(pair for pair in pairs if pair["id"] not in there)


def _moved(model: type[Contact | DoubtfulPair], ids: Iterable[int], account: int) -> Iterable[int]:
    """Those of these rows that belong to the account now."""
    rows = model._default_manager.filter(pk__in=list(ids), account=account)
    return rows.order_by("pk").values_list("pk", flat=True)


def _split(answered: Answered, goes: int, stays: int, *, now: datetime) -> None:
    merged = Account.objects.filter(pk=goes, merged_into=stays)
    if not merged.update(merged_into=None, changed_at=now):
        raise MovedOnError(MovedOnError.__doc__)
    here = SourceRecord.objects.filter(pk__in=answered.records, account=stays)
    if here.update(account=goes) != len(answered.records):
        raise MovedOnError(MovedOnError.__doc__)
    Contact.objects.filter(pk__in=answered.contacts, account=stays).update(account=goes)
    DoubtfulPair.objects.filter(pk__in=answered.pairs, account=stays).update(account=goes)
    Account.objects.filter(pk__in=answered.accounts, merged_into=stays).update(merged_into=goes)
    move_facts(ids=answered.facts, to=goes)
    DoubtfulPair.objects.bulk_create(
        [
            DoubtfulPair(**{**pair, "found_at": datetime.fromisoformat(pair["found_at"])})
            for pair in answered.settled
        ],
        ignore_conflicts=True,
    )
    recompose_accounts([goes, stays], now=now)
    group_brands(now=now)


def _rejoin(answered: Answered, goes: int, stays: int, *, now: datetime) -> None:
    """Put a record that was split off back, and all that its account has got since."""
    sides = Account.objects.select_for_update().filter(pk__in=(goes, stays), merged_into=None)
    records = tuple(SourceRecord.objects.filter(account=goes).values_list("pk", flat=True))
    used = Deal.objects.filter(account=goes).exists()
    if len(sides.order_by("pk")) < 2 or records != answered.records or used:
        raise MovedOnError(MovedOnError.__doc__)
    join_accounts(goes, stays, now=now)
    SourceRecord.objects.filter(pk__in=records).update(
        match_why=answered.why, match_score=answered.score
    )
    recompose_accounts([stays], now=now)


def _line(label: str, name: str, record: object, account: object) -> Line:
    left, right = _said(name, record), _said(name, account)
    if not left or not right:
        return Line(label, left, right, ONE_SIDED)
    same = _folded(name, left) == _folded(name, right)
    return Line(label, left, right, ALIKE if same else DIFFERENT)


def _said(name: str, value: object) -> str:
    if value is None or value == "":
        return ""
    if name == "category":
        known = CATEGORIES.get(str(value))
        return known.label if known and known.slug != "other" else ""
    return str(value)


def _folded(name: str, text: str) -> str:
    if name == "website":
        return domain_of(text)
    return street_key(text) if name == "street" else fold(text)
