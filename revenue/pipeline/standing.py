"""What hangs on the accounts of changed records, read for a whole batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db import connection
from django.db.models import Q

from revenue.conversation.suppression import digest_of
from revenue.models import Account, DoubtfulPair, Suppression, SuppressionKind
from revenue.pipeline.rematching import Standing


def standing_of(accounts: Iterable[int], *, source: str, preview: int | None = None) -> Standing:
    """How these accounts stand; in a dry run of a source, as it would have left them by now.

    The accounts are locked where records may move, so that nobody hangs anything on them
    meanwhile. A fixed number of statements.
    """
    ids = sorted(set(accounts))
    if preview is None:
        list(Account.objects.select_for_update().filter(pk__in=ids).order_by("pk").values("pk"))
    held, joined = _hung_on(ids) | _suppressed(ids), set[int]()
    apart, asked = set[frozenset[int]](), defaultdict[frozenset[int], set[int]](set)
    touching = DoubtfulPair.objects.filter(Q(account__in=ids) | Q(record__account__in=ids))
    for record, own, account, answer in touching.values_list(
        "record_id", "record__account_id", "account_id", "answer"
    ):
        sides = frozenset({own, account})
        if answer is None:
            asked[sides].add(record)
        elif answer == DoubtfulPair.Answer.DIFFERENT:
            apart.add(sides)
        else:
            joined.add(own)
        if own != account:
            held.add(account)
    return Standing(
        records=_records(ids, source, preview),
        held=frozenset(held | joined),
        joined=frozenset(joined),
        apart=frozenset(apart),
        asked={sides: frozenset(records) for sides, records in asked.items()},
    )


def _hung_on(accounts: Sequence[int]) -> set[int]:
    """Those with more than records: people, deals, drafts, what holds between us, a mark on their
    verdict, or accounts that were merged into them. A mail has a draft.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HUNG_ON, [list(accounts)])
        return {row[0] for row in cursor.fetchall()}


def _suppressed(accounts: Sequence[int]) -> set[int]:
    kind, key = SuppressionKind.ACCOUNT, settings.SUPPRESSION_KEY
    digests = {digest_of(kind, str(account), key=key): account for account in accounts}
    found = Suppression.objects.filter(lifted_at=None, kind=kind, digest__in=list(digests))
    return {digests[digest] for digest in found.values_list("digest", flat=True)}


def _records(accounts: Sequence[int], source: str, preview: int | None) -> dict[int, int]:
    """How many records with something to say each account has."""
    with connection.cursor() as cursor:
        parameters = {"accounts": list(accounts), "source": source, "run": preview}
        cursor.execute(_RECORDS, parameters)
        return dict(cursor.fetchall())


_HUNG_ON = """
    select a.id from unnest(%s::bigint[]) as a (id)
    where exists (select from revenue_contact x where x.account_id = a.id)
       or exists (select from revenue_deal x where x.account_id = a.id)
       or exists (select from revenue_draft x where x.account_id = a.id)
       or exists (select from revenue_relationshipfact x where x.account_id = a.id)
       or exists (select from revenue_account x where x.merged_into_id = a.id)
       or exists (select from revenue_verdict v join revenue_verdictobjection o
                    on o.verdict_id = v.id and o.withdrawn_at is null
                  where v.subject = 'account:' || a.id)
"""

_RECORDS = """
    select account, count(*) from (
        select r.account_id as account from revenue_sourcerecord r
        where r.account_id = any(%(accounts)s) and r.fields is not null
          and not (r.source_id = %(source)s and exists (
              select from revenue_previewrecord v
              where v.run_id = %(run)s and v.record_id = r.record_id))
        union all
        select v.account from revenue_previewrecord v
        where v.run_id = %(run)s and v.account = any(%(accounts)s)) there
    group by account
"""
