"""What people decided on judged mails and how their deals stand: evidence for and against rules."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models import QuerySet

from approvals.models import Send
from revenue.models import DealStage, Verdict
from revenue.policies.evidence import numbers_of

LATEST = 10_000
"""So many decisions are looked at, the latest first."""
STAGES = {DealStage.WON: "Won", DealStage.LOST: "Lost"}


def decisions_on(verdicts: QuerySet[Verdict]) -> dict[int, str]:
    """The first decision after each verdict, by the verdict's id, as ``evidence.Decided``.

    An edit after the verdict counts with the approval, by its gravest class. What was undone, what
    a policy approved and what carried a planted fault is no evidence.
    """
    among, params = verdicts.values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_DECISIONS.format(among=among), [LATEST, *params])
        return dict(cursor.fetchall())


_DECISIONS = """
    select distinct on (v.id) v.id,
           case d.choice when 'reject' then 'rejected' when 'return' then 'returned'
           else coalesce(
               (array['approved', 'cosmetic', 'claim', 'offer'])[(
                   select max(array_position(
                       array['none', 'cosmetic', 'claim', 'offer'], r.edit_class::text))
                   from approvals_revision r
                   where r.send_id = d.send_id and r.id <= d.revision_id
                     and r.written_at > v.given_at)],
               'approved') end
    from (
        select d.id, d.send_id, d.revision_id, d.choice, d.decided_at
        from approvals_decision d join approvals_revision r on r.id = d.revision_id
        where d.choice <> 'undo' and d.channel <> 'policy' and not r.planted
          and not exists (select from approvals_decision u
                          where u.send_id = d.send_id and u.round = d.round and u.choice = 'undo')
        order by d.id desc limit %s) d
    join revenue_verdict v on v.subject = 'send:' || d.send_id and v.given_at <= d.decided_at
    where v.id in ({among})
    order by v.id, d.id"""


def deals_of(verdicts: QuerySet[Verdict]) -> list[tuple[str, int]]:
    """How the deals of the judged mails or accounts stand: won, lost or still open."""
    among, params = verdicts.values("subject").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_DEALS.format(among=among), params)
        stages: dict[str, int] = dict(cursor.fetchall())
    told = [(label, stages.pop(stage, 0)) for stage, label in STAGES.items()]
    return [*told, ("Still open", sum(stages.values()))]


_DEALS = """
    with judged as ({among})
    select d.stage, count(*) from revenue_deal d
    where 'account:' || d.account_id in (select subject from judged)
       or exists (select from approvals_send s
                  where s.deal_id = d.id and 'send:' || s.id in (select subject from judged))
    group by d.stage"""


def send_names(subjects: Sequence[str]) -> dict[str, str]:
    """The businesses that ``send:12`` and the like are written to."""
    rows = Send.objects.filter(pk__in=numbers_of("send", subjects))
    return {f"send:{number}": name for number, name in rows.values_list("pk", "account__name")}
