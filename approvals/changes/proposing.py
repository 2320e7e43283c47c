"""Asking that a policy version or an authority be let in, with what its decider is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from approvals.models import OPEN_CHANGES, ChangeKind, ChangeRequest, ChangeState
from revenue import ledger
from revenue.actors import Actor
from revenue.agents.authority import Grant
from revenue.models import Action, Backtest, PolicyVersion, Seat, Segment, Side
from revenue.policies import versions
from revenue.policies.findings import findings_of


class CannotPropose(Exception):
    """It can't be proposed; the message says why, for the person who tried."""


class AlreadyOpen(CannotPropose):
    """The same is asked for already, and nobody has decided yet."""

    def __init__(self, change: ChangeRequest) -> None:
        super().__init__("This has been proposed already and waits for a decision.")
        self.change = change


class CannotWithdraw(Exception):
    """Only who proposed it can take it back, and only before it is decided."""


@transaction.atomic
def propose_policy(*, version: PolicyVersion, why: str, by: Actor, now: datetime) -> ChangeRequest:
    """Ask that a version which was checked becomes the active one. Raises CannotPropose."""
    try:
        versions.propose(version=version, by=by, now=now)
    except versions.WrongState as error:
        raise CannotPropose(
            "Check the version first; only a checked one can be proposed."
        ) from error
    version.refresh_from_db()
    try:
        with transaction.atomic():
            change = ChangeRequest.objects.create(
                kind=ChangeKind.POLICY,
                policy=version,
                title=f"{version.get_kind_display()}, version {version.number}",
                why=why,
                evidence={"analysis": version.analysis, "backtest": backtest_standing(version)},
                proposed_at=now,
                proposed_by=str(by),
            )
    except IntegrityError as error:
        standing = ChangeRequest.objects.get(policy=version, state__in=OPEN_CHANGES)
        raise AlreadyOpen(standing) from error
    note("change.proposed", change, by=by, now=now)
    return change


@transaction.atomic
def propose_grant(
    *, grant: Grant, why: str, evidence: dict[str, Any], by: Actor, now: datetime
) -> ChangeRequest:
    """Ask for more authority of a seat; ``evidence`` is JSON that the decider is shown.

    Raises AlreadyOpen where the same seat, action and segment wait for a decision, and
    CannotPropose for a grant that could never be.
    """
    action = Action.objects.select_for_update(no_key=True).filter(pk=grant.action).first()
    seat = Seat.objects.filter(pk=grant.seat).first()
    segment = Segment.objects.filter(pk=grant.segment).first()
    if action is None or seat is None or segment is None:
        raise CannotPropose("There is no such seat, action or segment.")
    _require_possible(grant, seat, action)
    place = {"seat": grant.seat, "action": grant.action, "segment": grant.segment}
    standing = ChangeRequest.objects.filter(state__in=OPEN_CHANGES, grant__contains=place).first()
    if standing is not None:
        raise AlreadyOpen(standing)
    change = ChangeRequest.objects.create(
        kind=ChangeKind.GRANT,
        grant=grant.as_json(),
        title=f"{seat.title}: {action.label}, level {grant.level}, {segment.label}"[:200],
        why=why,
        evidence=evidence,
        proposed_at=now,
        proposed_by=str(by),
    )
    note("change.proposed", change, by=by, now=now)
    return change


def _require_possible(grant: Grant, seat: Seat, action: Action) -> None:
    if grant.level > action.ceiling:
        raise CannotPropose(f"{action.label} never rises above level {action.ceiling}.")
    if action.only_seat not in ("", seat.pk):
        raise CannotPropose(f"{action.label} belongs to another seat.")
    if (seat.side, action.side) == (Side.DISCOVERY, Side.COMMITMENT):
        raise CannotPropose("A seat on the discovery side never commits us.")


@transaction.atomic
def withdraw(*, change_id: int, by: Actor, now: datetime) -> ChangeRequest:
    """Take one's own proposal back, or call it off before it takes effect.

    Raises CannotWithdraw.
    """
    change = ChangeRequest.objects.select_for_update().get(pk=change_id)
    if change.state not in OPEN_CHANGES or change.proposed_by != str(by):
        raise CannotWithdraw(CannotWithdraw.__doc__)
    close(change, ChangeState.WITHDRAWN, by=by, now=now)
    return change


def close(
    change: ChangeRequest, state: ChangeState, *, by: Actor, now: datetime, reason: str = ""
) -> None:
    """End a locked request, with its ledger event."""
    change.state, change.reason = state, reason[:1000]
    change.decided_at, change.decided_by = now, str(by)
    change.save(update_fields=["state", "reason", "decided_at", "decided_by"])
    note(f"change.{state}", change, by=by, now=now, reason=reason)


def backtest_standing(version: PolicyVersion) -> dict[str, Any] | None:
    """How the latest backtest stands, a finished one before one that runs; None without any.

    ``sums``: verdicts by how they would have moved, of the parts that are ``done`` of ``parts``;
    ``asked_at``: as of when, in ISO.
    """
    asked = Backtest.objects.filter(policy=version)
    latest = (
        asked.filter(finished_at__isnull=False).order_by("-finished_at", "-id").first()
        or asked.order_by("-id").first()
    )
    if latest is None:
        return None
    found = findings_of(latest)
    return {
        "backtest": latest.pk,
        "asked_at": latest.ordered_at.isoformat(),
        "finished": latest.finished_at is not None,
        "done": found.done,
        "parts": found.slices,
        "asked": found.asked,
        "sums": found.totals,
    }


def note(kind: str, change: ChangeRequest, *, by: Actor, now: datetime, **data: Any) -> None:
    about = {"policy": change.policy_id} if change.policy_id else {"grant": change.grant}
    ledger.append(kind=kind, subject=f"change:{change.pk}", by=by, now=now, data={**about, **data})
