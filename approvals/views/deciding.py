"""Decisions about one send: approve, reject, send back, snooze, undo, bring back."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from approvals import deciding, queries
from approvals.deciding import CannotDecide, Ruling
from approvals.forms import BadPost, read_decision, read_id, read_reason, read_until
from approvals.models import Choice, RejectReason, Send, SendState
from approvals.queries import Filters
from approvals.views.answers import Done, brought_back, next_item, refused, told
from approvals.views.common import reader_of
from revenue.web import words

SNOOZE_TOAST = 15
"""Seconds for which a toast offers to take a snooze back; its page does so at any time."""


@require_POST
def decide(request: HttpRequest, send_id: int) -> HttpResponse:
    """Decide about the revision that was seen, and answer with the next item.

    What still waits afterwards carried a planted fault, which is told.
    """
    filters, now = Filters.from_query(request.GET), timezone.now()
    by = reader_of(request).actor
    try:
        revision_id, ruling = read_decision(request.POST)
        send = deciding.decide(
            send_id=send_id, revision_id=revision_id, ruling=ruling, by=by, now=now
        )
    except Send.DoesNotExist:
        raise Http404 from None
    except (BadPost, CannotDecide) as error:
        return refused(request, send_id, filters, error)
    if send.state == SendState.PENDING:
        return told(request, send_id, filters, typed=ruling.reason)
    done = done_by(ruling, send, now=now)
    return next_item(request, send, filters, done, place=queries.place_of(send))


def done_by(ruling: Ruling, send: Send, *, now: datetime) -> Done:
    """What was done, and how long it can be taken back."""
    who = send.to_name or send.to_address
    if ruling.choice == Choice.APPROVE and send.leaves_at is not None:
        hold = round((send.leaves_at - now).total_seconds())
        return Done(f"Approved: {who}.", hold, hold)
    hold = deciding.hold_seconds()
    if ruling.choice == Choice.REJECT:
        return Done(
            f"Rejected, {RejectReason(ruling.reason_code).label.lower()}: {who}.", hold, hold
        )
    return Done(f"Sent back: {who}.", hold, hold)


@require_POST
def snooze(request: HttpRequest, send_id: int) -> HttpResponse:
    """Put it away until a time, and answer with the next item."""
    filters, now = Filters.from_query(request.GET), timezone.now()
    reader = reader_of(request)
    try:
        before = Send.objects.only("score").get(pk=send_id)
        send = deciding.snooze(
            send_id=send_id,
            revision_id=read_id(request.POST, "revision"),
            until=(until := read_until(request.POST, now=now, zone=reader.zone)),
            by=reader.actor,
            now=now,
        )
    except Send.DoesNotExist:
        raise Http404 from None
    except (BadPost, CannotDecide) as error:
        return refused(request, send_id, filters, error)
    until_said = words.say_when(until, now=now, zone=reader.zone)
    done = Done(f"Snoozed until {until_said}: {send.to_name or send.to_address}.", SNOOZE_TOAST)
    return next_item(request, send, filters, done, place=queries.place_of(before))


@require_POST
def undo(request: HttpRequest, send_id: int) -> HttpResponse:
    """Take the last decision back, and show the send again."""
    filters, now = Filters.from_query(request.GET), timezone.now()
    try:
        deciding.undo(send_id=send_id, by=reader_of(request).actor, now=now)
    except Send.DoesNotExist:
        raise Http404 from None
    except CannotDecide as error:
        return refused(request, send_id, filters, error)
    return brought_back(request, send_id, filters, "Taken back. It waits for a decision again.")


@require_POST
def reopen(request: HttpRequest, send_id: int) -> HttpResponse:
    """Bring a revoked, failed, stale or expired send back for a new decision."""
    filters, now = Filters(), timezone.now()
    try:
        reason = read_reason(request.POST)
        deciding.reopen(send_id=send_id, reason=reason, by=reader_of(request).actor, now=now)
    except Send.DoesNotExist:
        raise Http404 from None
    except (BadPost, CannotDecide) as error:
        return refused(request, send_id, filters, error)
    return brought_back(request, send_id, filters, "Brought back. It waits for a decision.")
