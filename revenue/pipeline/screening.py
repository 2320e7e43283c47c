"""Asking the ideal customer profile about accounts that are new or have changed."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from revenue import ledger
from revenue.actors import Actor
from revenue.agents import killswitch
from revenue.models import Account, PolicyKind
from revenue.policies import verdicts
from revenue.policies.facts_accounts import account_facts

CONSUMER = "revenue.screening"
PROSPECTOR = Actor.seat("prospector")
ACTION = "screen_account"
BATCH = 1000


def unscreened() -> QuerySet[Account]:
    """Accounts whose verdict is missing or older than what it was read from."""
    return Account.objects.filter(
        Q(screened_at__isnull=True) | Q(screened_at__lt=F("changed_at")),
        merged_into__isnull=True,
    ).order_by("id")


def hear(event: ledger.Event) -> None:
    """Handle one ledger event: a new version of the profile is asked about every account."""
    if event.kind == "policy.published" and event.subject.startswith(f"policy:{PolicyKind.ICP}:"):
        screen_anew()


def screen_anew() -> int:
    """Mark accounts that another version judged as unscreened; their verdicts stand until then.

    Whoever screens holds the active version, so nothing is judged by the one before after this.
    """
    policy = verdicts.active(PolicyKind.ICP)
    with connection.cursor() as cursor:
        cursor.execute(
            """update revenue_account set screened_at = null where id in (
                   select a.id from revenue_account a
                   join revenue_verdict v on v.id = a.icp_verdict_id
                   where v.policy_id <> %s and a.screened_at is not null
                       and a.merged_into_id is null
                   order by a.id for update of a)""",
            [policy.version_id],
        )
        return int(cursor.rowcount)


def screen_due(*, now: datetime, limit: int = BATCH) -> int:
    """Judge the next accounts and keep the verdicts; return how many, 0 if the seat is stopped."""
    if killswitch.stopping(seat=PROSPECTOR.key, action=ACTION):
        return 0
    with transaction.atomic():
        accounts = list(
            unscreened()
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("brand")[:limit]
        )
        if accounts:
            _screen(accounts, now=now)
    return len(accounts)


def _screen(accounts: list[Account], *, now: datetime) -> None:
    policy = verdicts.hold_active(PolicyKind.ICP)
    facts = account_facts(accounts, now=now)
    judged = verdicts.record(
        policy,
        {f"account:{account.pk}": facts[account.pk] for account in accounts},
        by=PROSPECTOR,
        now=now,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """update revenue_account a
               set icp_effect = v.effect, icp_rule = v.rule, icp_verdict_id = v.id,
                   screened_at = greatest(%s, a.changed_at)
               from unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[])
                    as v(account_id, effect, rule, id)
               where a.id = v.account_id""",
            [
                now,
                [account.pk for account in accounts],
                [verdict.effect for verdict in judged],
                [verdict.rule for verdict in judged],
                [verdict.pk for verdict in judged],
            ],
        )
    effects = [verdict.effect for verdict in judged]
    ledger.append(
        kind="accounts.screened",
        subject=f"policy:{policy.kind}:{policy.number}",
        by=PROSPECTOR,
        now=now,
        data={
            "accounts": len(accounts),
            "first": accounts[0].pk,
            "last": accounts[-1].pk,
            **{effect: effects.count(effect) for effect in sorted(set(effects))},
        },
    )
