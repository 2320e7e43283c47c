"""How much the drafting seats may write: no more than people can decide."""

from __future__ import annotations

from datetime import datetime, timedelta

from approvals.deciding import hold_seconds
from approvals.models import Decision, Send, SendState
from revenue.agents import drafts
from revenue.models import House

AT_ONCE = 10


def order_drafts(*, now: datetime) -> int:
    """Rewrite what was sent back, then fill the queue up to its limit; return how many."""
    return rewrite_returned(now=now) + drafts.draft_due(now=now, limit=room())


def room() -> int:
    """How many more drafts may wait, at most ``AT_ONCE`` at a time."""
    limit = House.objects.values_list("open_drafts", flat=True).get(pk=1)
    waiting = Send.objects.filter(state__in=[SendState.PENDING, SendState.SNOOZED])
    return max(min(limit - waiting[:limit].count(), AT_ONCE), 0)


def rewrite_returned(*, now: datetime) -> int:
    """Give each draft that was sent back to its seat, with the note; return how many.

    Only what can't be undone any more: a rewritten draft takes the place of the old one.
    """
    undo_ended = now - timedelta(seconds=hold_seconds())
    returned = (
        Send.objects.filter(state=SendState.RETURNED, state_at__lte=undo_ended)
        .exclude(draft_id__in=drafts.replaced_ids())
        .select_related("draft")
        .order_by("state_at", "id")[:AT_ONCE]
    )
    done = 0
    for send in returned:
        decision = Decision.objects.filter(send=send, round=send.round).latest("id")
        done += bool(drafts.rewrite(draft=send.draft, note=decision.reason, now=now))
    return done
