"""Deciding a change request. Each operation locks its row first and checks it then."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.db import transaction

from approvals.changes.proposing import backtest_standing, close, note
from approvals.models import OPEN_CHANGES, ChangeKind, ChangeRequest, ChangeState
from approvals.resting import evidence_until
from revenue.access import DECIDERS
from revenue.actors import Actor
from revenue.agents import authority
from revenue.agents.authority import Grant
from revenue.models import SECOND_THOUGHTS, PolicyState, PolicyVersion, User
from revenue.policies import versions

CLOCK = Actor.system("clock")
CHECK_AGAIN = (
    "Another version became active meanwhile, so what was shown is not what would happen now."
    " Check it again and propose it anew."
)
PUBLISHED_ALREADY = "The version was published meanwhile without this request."
RAN_OUT = "The time for which the authority was meant is over."
EVIDENCE_GONE = "The evidence for it no longer clears the bar. Ask for it again if it should be."


class CannotDecide(Exception):
    """The request can't be decided so; the message says why, for the person who tried."""


class AlreadyDecided(CannotDecide):
    """Somebody was first, or it was overtaken."""

    def __init__(self, change: ChangeRequest) -> None:
        super().__init__(
            f"It is {change.get_state_display().lower()} already. Nothing was changed."
        )
        self.change = change


class OwnProposal(CannotDecide):
    """Who proposes does not approve: somebody else has to."""


class NotAPerson(CannotDecide):
    """Only a person decides what may be done without a person."""


class OthersMayDecide(CannotDecide):
    """Somebody else may decide this, so it waits for them."""


class ReasonMissing(CannotDecide):
    """Say why."""


@transaction.atomic
def decide_change(
    *,
    change_id: int,
    choice: Literal["approve", "reject"],
    reason: str,
    by: Actor,
    now: datetime,
) -> ChangeRequest:
    """Approve or reject; the first decision wins. What is approved takes effect at once.

    The request comes back ``lapsed`` where what it asks for can't be done any more. Raises
    CannotDecide: AlreadyDecided, OwnProposal, NotAPerson or ReasonMissing.
    """
    change = _lock_open(change_id)
    if by.kind != "person":
        raise NotAPerson(NotAPerson.__doc__)
    if choice == "reject":
        if not reason.strip():
            raise ReasonMissing("Say why you reject it, so that the next proposal is better.")
        _keep_what_was_shown(change)
        close(change, ChangeState.REJECTED, by=by, now=now, reason=reason)
        return change
    if change.proposed_by == str(by):
        raise OwnProposal(OwnProposal.__doc__)
    _carry_out(change, by=by, now=now, reason=reason)
    return change


@transaction.atomic
def schedule_alone(*, change_id: int, because: str, by: Actor, now: datetime) -> ChangeRequest:
    """Let one's own proposal take effect after a day, where nobody else could approve it.

    It can be called off until then. Raises CannotDecide: AlreadyDecided, OthersMayDecide,
    ReasonMissing or NotAPerson.
    """
    change = _lock_open(change_id)
    if by.kind != "person":
        raise NotAPerson(NotAPerson.__doc__)
    if change.state != ChangeState.WAITING:
        raise AlreadyDecided(change)
    if change.proposed_by != str(by):
        raise CannotDecide("Somebody else proposed it, so you may approve it at once.")
    if deciders(besides=by):
        raise OthersMayDecide(OthersMayDecide.__doc__)
    if not because.strip():
        raise ReasonMissing("Say why it can't wait for a second person.")
    change.state, change.alone_because = ChangeState.SCHEDULED, because[:500]
    change.takes_effect_at = now + SECOND_THOUGHTS
    change.save(update_fields=["state", "alone_because", "takes_effect_at"])
    effect_at = change.takes_effect_at.isoformat()
    note("change.scheduled", change, by=by, now=now, reason=because, takes_effect_at=effect_at)
    return change


def take_effect_due(*, now: datetime) -> int:
    """Carry out what was scheduled for now, and let go of what was overtaken; how many of both."""
    return _take_effect(now=now) + lapse_overtaken(now=now)


@transaction.atomic
def _take_effect(*, now: datetime) -> int:
    due = list(
        ChangeRequest.objects.select_for_update(skip_locked=True)
        .filter(state=ChangeState.SCHEDULED, takes_effect_at__lte=now)
        .order_by("takes_effect_at", "pk")
    )
    for change in due:
        proposer = Actor.parse(change.proposed_by)
        if deciders(besides=proposer):
            _wait_for_others(change, now=now)
        else:
            _carry_out(change, by=proposer, now=now, reason=change.alone_because)
    return len(due)


def _wait_for_others(change: ChangeRequest, *, now: datetime) -> None:
    """Somebody who may decide has come since, so the reason to act alone is gone."""
    change.state, change.alone_because, change.takes_effect_at = ChangeState.WAITING, "", None
    change.save(update_fields=["state", "alone_because", "takes_effect_at"])
    note("change.waiting", change, by=CLOCK, now=now)


@transaction.atomic
def lapse_overtaken(*, now: datetime) -> int:
    """Close requests whose version was published by another way, or compared with a past one."""
    open_ones = list(
        ChangeRequest.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(state__in=OPEN_CHANGES, kind=ChangeKind.POLICY)
        .select_related("policy")
        .order_by("pk")
    )
    active = dict(PolicyVersion.objects.filter(state=PolicyState.ACTIVE).values_list("kind", "pk"))
    lapsed = 0
    for change in open_ones:
        version = change.policy
        if version is None or version.compared_with_id == active.get(version.kind):
            continue
        published = version.published_at is not None
        reason = PUBLISHED_ALREADY if published else CHECK_AGAIN
        close(change, ChangeState.LAPSED, by=CLOCK, now=now, reason=reason)
        lapsed += 1
    return lapsed


def deciders(*, besides: Actor) -> list[User]:
    """The active people who may decide about somebody's proposal."""
    people = User.objects.filter(is_active=True, groups__name__in=[str(role) for role in DECIDERS])
    return [
        person for person in people.distinct().order_by("pk") if Actor.person(person) != besides
    ]


def _lock_open(change_id: int) -> ChangeRequest:
    """Raises ChangeRequest.DoesNotExist, or AlreadyDecided."""
    change = ChangeRequest.objects.select_for_update().get(pk=change_id)
    if change.state not in OPEN_CHANGES:
        raise AlreadyDecided(change)
    return change


def _carry_out(change: ChangeRequest, *, by: Actor, now: datetime, reason: str) -> None:
    """Do what is asked for and close the request, or let it lapse where that can't be."""
    _keep_what_was_shown(change)
    overtaken = (
        _publish(change, by=by, now=now)
        if change.kind == ChangeKind.POLICY
        else _grant(change, by=by, now=now)
    )
    state = ChangeState.LAPSED if overtaken else ChangeState.APPROVED
    close(change, state, by=by, now=now, reason=overtaken or reason)


def _keep_what_was_shown(change: ChangeRequest) -> None:
    """Keep how the backtest stands as it is decided, beside how it stood when it was proposed."""
    if change.policy is None:
        return
    change.evidence = {**change.evidence, "backtest_decided": backtest_standing(change.policy)}
    change.save(update_fields=["evidence"])


def _publish(change: ChangeRequest, *, by: Actor, now: datetime) -> str:
    """Publish the version; returns what stood in the way, or nothing."""
    version = change.policy
    assert version is not None  # noqa: S101  # a constraint holds it
    try:
        versions.publish(version=version, by=by, now=now, alone_because=change.alone_because)
    except versions.NotProven:
        return CHECK_AGAIN
    except versions.NeedsAnother as error:
        raise OwnProposal(OwnProposal.__doc__) from error
    except versions.CannotPublish as error:
        return str(error)
    return ""


def _grant(change: ChangeRequest, *, by: Actor, now: datetime) -> str:
    """Grant the authority; returns what stood in the way, or nothing."""
    grant = Grant.from_json(change.grant or {})
    if grant.valid_until is not None and grant.valid_until <= now:
        return RAN_OUT
    evidence = {**change.evidence, "change": change.pk}
    until = evidence_until(grant, evidence=evidence, granted_at=now, now=now)
    if until is not None and until <= now:
        return EVIDENCE_GONE
    try:
        authority.grant(grant=grant, evidence=evidence, by=by, now=now, evidence_until=until)
    except authority.AboveCeiling as error:
        return str(error)
    return ""
