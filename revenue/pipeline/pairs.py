"""Doubtful pairs: a person says whether a record is the same business as an account."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from revenue import ledger
from revenue.actors import Actor
from revenue.models import Account, Contact, Deal, DoubtfulPair, RelationshipFact, SourceRecord
from revenue.pipeline.accounts import create_accounts, recompose_accounts
from revenue.pipeline.records import lock_matching, next_ids


class AnsweredError(Exception):
    """Somebody has answered this pair already."""


class BothInUseError(Exception):
    """Both accounts have deals; close one before they become one account."""


def open_pairs() -> QuerySet[DoubtfulPair]:
    """Pairs that wait for an answer, the most alike first."""
    return (
        DoubtfulPair.objects.filter(answer__isnull=True)
        .select_related("record__account", "account")
        .order_by("-score", "id")
    )


@transaction.atomic
def keep_apart(*, pair: DoubtfulPair, by: Actor, now: datetime) -> int | None:
    """They are two businesses.

    A record that was asked about its own account leaves it for a new one, whose id is returned;
    people and what holds between us stay. Raises AnsweredError.
    """
    lock_matching()
    _answer(pair, DoubtfulPair.Answer.DIFFERENT, by=by, now=now)
    split = _split_off(pair, now=now)
    ledger.append(
        kind="pair.different",
        subject=f"account:{pair.account_id}",
        by=by,
        now=now,
        data={
            "pair": pair.pk,
            "record": pair.record_id,
            "split": split,
            "why": pair.why,
            "score": pair.score,
        },
    )
    return split


@transaction.atomic
def merge_pair(*, pair: DoubtfulPair, by: Actor, now: datetime) -> Account:
    """They are one business: its accounts become one, which is returned.

    The account with a deal stays, else the older one; all records, contacts and what holds between
    us and them move there. Brands are regrouped by the next import. Raises AnsweredError, and
    BothInUseError when both have deals.
    """
    lock_matching()
    _answer(pair, DoubtfulPair.Answer.SAME, by=by, now=now)
    record = SourceRecord.objects.get(pk=pair.record_id)
    stays, goes = _choose(record.account_id, pair.account_id)
    if goes is not None:
        join_accounts(goes.pk, stays.pk, now=now)
        recompose_accounts([stays.pk], now=now)
    ledger.append(
        kind="pair.same",
        subject=f"account:{stays.pk}",
        by=by,
        now=now,
        data={
            "pair": pair.pk,
            "record": pair.record_id,
            "merged": goes.pk if goes else None,
            "why": pair.why,
            "score": pair.score,
        },
    )
    stays.refresh_from_db()
    return stays


def _answer(pair: DoubtfulPair, answer: str, *, by: Actor, now: datetime) -> None:
    open_pair = DoubtfulPair.objects.filter(pk=pair.pk, answer__isnull=True)
    if not open_pair.update(answer=answer, answered_at=now, answered_by=str(by)):
        raise AnsweredError(AnsweredError.__doc__)


def _choose(first: int, second: int) -> tuple[Account, Account | None]:
    """The account that stays and the one that goes; none goes when they are one already."""
    ids = {first, second}
    accounts = list(Account.objects.select_for_update().filter(pk__in=ids).order_by("id"))
    if len(accounts) == 1:
        return accounts[0], None
    used = set(Deal.objects.filter(account__in=ids).values_list("account_id", flat=True))
    if len(used) == 2:
        raise BothInUseError(BothInUseError.__doc__)
    accounts.sort(key=lambda account: (account.pk not in used, account.pk))
    return accounts[0], accounts[1]


def _split_off(pair: DoubtfulPair, *, now: datetime) -> int | None:
    """Give the record an account of its own if it belongs to the pair's, and not alone."""
    there = SourceRecord.objects.select_for_update().filter(account=pair.account_id)
    records = {record.pk: record for record in there.order_by("pk")}
    record = records.get(pair.record_id)
    if record is None or record.fields is None or len(records) == 1:
        return None
    (account,) = next_ids(Account, 1)
    create_accounts({account: [record.fields]}, now=now)
    SourceRecord.objects.filter(pk=record.pk).update(
        account=account, match_why="", match_score=None
    )
    recompose_accounts([pair.account_id], now=now)
    return account


def join_accounts(goes: int, stays: int, *, now: datetime) -> None:
    """Put all that belongs to one account to another, and close the one."""
    SourceRecord.objects.filter(account=goes).update(account=stays)
    taken = Contact.objects.filter(account=stays).annotate(lower=Lower("email")).values("lower")
    moving = Contact.objects.filter(account=goes).annotate(lower=Lower("email"))
    moving.exclude(lower__in=taken).update(account=stays)
    RelationshipFact.objects.filter(account=goes).update(account=stays)
    # What was doubtful between one of the two and a third is now doubtful with the one that stays.
    known = DoubtfulPair.objects.filter(account=stays).values("record_id")
    waiting = DoubtfulPair.objects.filter(account=goes, answer__isnull=True)
    waiting.exclude(record_id__in=known).update(account=stays)
    DoubtfulPair.objects.filter(answer__isnull=True).filter(
        Q(account=goes) | Q(account=stays, record__account=stays)
    ).delete()
    Account.objects.filter(merged_into=goes).update(merged_into=stays)
    Account.objects.filter(pk=goes).update(
        merged_into=stays, brand=None, brand_key="", changed_at=now
    )
