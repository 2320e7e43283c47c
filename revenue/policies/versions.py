"""The life of a policy version: written once, proven, published one at a time, never edited.

draft → validated → backtested → shadow → active → retired, where backtest and shadow may be
skipped. What loosens needs two people; the database holds that too.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from revenue import ledger
from revenue.actors import Actor
from revenue.models import SECOND_THOUGHTS, PolicyState, PolicyStep, PolicyVersion
from revenue.policies.conditions import PolicyText

PUBLISHABLE = (PolicyState.VALIDATED, PolicyState.BACKTESTED, PolicyState.SHADOW)


class CannotPublish(Exception):
    """The version can't become active; the message says why, for the person who tried."""


class NotProven(CannotPublish):
    """It was not compared with the version that is active now: check it again."""


class NeedsAnother(CannotPublish):
    """It lets more through than the active version, so somebody else has to approve it."""


class WrongState(Exception):
    """The version is not in a state from which that step leads."""


@transaction.atomic
def write_version(
    *, text: PolicyText, by: Actor, now: datetime, based_on: PolicyVersion | None = None
) -> PolicyVersion:
    """Keep a text as the next version of its kind, as a draft."""
    last = PolicyVersion.objects.filter(kind=text.kind.value).order_by("-number").first()
    version = PolicyVersion.objects.create(
        kind=text.kind.value,
        number=last.number + 1 if last else 1,
        text=text.to_json(),
        content_hash=text.content_hash,
        state=PolicyState.DRAFT,
        based_on=based_on,
        written_at=now,
        written_by=str(by),
    )
    _note("policy.written", version, by=by, now=now)
    return version


@transaction.atomic
def keep_proof(
    *,
    version: PolicyVersion,
    compared_with: PolicyVersion | None,
    loosens: bool,
    analysis: dict[str, Any],
    by: Actor,
    now: datetime,
) -> None:
    """Keep what was found over all inputs; a draft becomes validated. Raises WrongState.

    A version that was proven before is proven anew, as the active one may have changed since.
    """
    current = PolicyVersion.objects.select_for_update().get(pk=version.pk)
    if current.published_at is not None:
        raise WrongState(WrongState.__doc__)
    first = current.state == PolicyState.DRAFT
    current.compared_with, current.loosens, current.analysis = compared_with, loosens, analysis
    if first:
        current.state = PolicyState.VALIDATED
    current.save(update_fields=["compared_with", "loosens", "analysis", "state"])
    note = "" if first else "Compared anew."
    _note("policy.validated", current, by=by, now=now, note=note, loosens=loosens)


@transaction.atomic
def step(
    *, version: PolicyVersion, to: PolicyState, by: Actor, now: datetime, note: str = ""
) -> None:
    """Move to backtested or shadow, or back out of shadow. Raises WrongState."""
    before = {
        PolicyState.BACKTESTED: (PolicyState.VALIDATED, PolicyState.SHADOW),
        PolicyState.SHADOW: (PolicyState.VALIDATED, PolicyState.BACKTESTED),
        PolicyState.VALIDATED: (PolicyState.SHADOW,),
    }[to]
    moved = PolicyVersion.objects.filter(pk=version.pk, state__in=before).update(state=to)
    if not moved:
        raise WrongState(WrongState.__doc__)
    version.refresh_from_db(fields=["state"])
    _note("policy.moved", version, by=by, now=now, note=note, to=to)


@transaction.atomic
def propose(*, version: PolicyVersion, by: Actor, now: datetime) -> None:
    """Name who wants it published; asked again, the newest counts. Raises WrongState."""
    proposed = PolicyVersion.objects.filter(pk=version.pk, state__in=PUBLISHABLE).update(
        proposed_at=now, proposed_by=str(by)
    )
    if not proposed:
        raise WrongState(WrongState.__doc__)
    version.refresh_from_db(fields=["proposed_at", "proposed_by"])


@transaction.atomic
def publish(
    *, version: PolicyVersion, by: Actor, now: datetime, alone_because: str = ""
) -> PolicyVersion:
    """Make a proven version the active one of its kind and retire the one before.

    Whoever judges by a version holds its row while doing so (``verdicts.hold_active``), so what
    is judged after this by the old one is not claimed. A version that loosens is published by
    somebody else than its proposer, or with ``alone_because`` a day after the proposal. Raises
    CannotPublish: NotProven or NeedsAnother.
    """
    standing = (
        PolicyVersion.objects.select_for_update()
        .filter(kind=version.kind, state=PolicyState.ACTIVE)
        .first()
    )
    current = PolicyVersion.objects.select_for_update().get(pk=version.pk)
    _require_publishable(current, standing, by=by, now=now, alone_because=alone_because)
    if standing is not None:
        PolicyVersion.objects.filter(pk=standing.pk).update(state=PolicyState.RETIRED)
        _step(standing, PolicyState.RETIRED, by=by, now=now)
    return _activate(current, by=by, now=now, alone_because=alone_because)


@transaction.atomic
def publish_at_once(*, version: PolicyVersion, by: Actor, now: datetime) -> PolicyVersion:
    """Publish, by one person, what lets nothing more through than the active version does.

    Raises CannotPublish: NeedsAnother for one that loosens, or NotProven.
    """
    try:
        propose(version=version, by=by, now=now)
    except WrongState as error:
        raise CannotPublish(
            f"Version {version.number} is {version.get_state_display().lower()}; check it first."
        ) from error
    return publish(version=version, by=by, now=now)


def _require_publishable(
    version: PolicyVersion,
    standing: PolicyVersion | None,
    *,
    by: Actor,
    now: datetime,
    alone_because: str,
) -> None:
    if version.state not in PUBLISHABLE or version.proposed_at is None:
        raise CannotPublish(
            f"Version {version.number} is {version.get_state_display().lower()}; check it and "
            "propose it first."
        )
    if version.loosens is None or version.compared_with_id != (standing.pk if standing else None):
        raise NotProven(NotProven.__doc__)
    if not version.loosens or str(by) != version.proposed_by:
        return
    if not alone_because or now < version.proposed_at + SECOND_THOUGHTS:
        raise NeedsAnother(NeedsAnother.__doc__)


@transaction.atomic
def publish_first(*, text: PolicyText, by: Actor, now: datetime) -> PolicyVersion:
    """Write and publish the first version of a kind: there is nothing that it could loosen."""
    version = write_version(text=text, by=by, now=now)
    return _activate(version, by=by, now=now, alone_because="")


def _activate(
    version: PolicyVersion, *, by: Actor, now: datetime, alone_because: str
) -> PolicyVersion:
    version.state = PolicyState.ACTIVE
    version.published_at, version.published_by = now, str(by)
    version.alone_because = alone_because
    version.save(update_fields=["state", "published_at", "published_by", "alone_because"])
    _note("policy.published", version, by=by, now=now, note=alone_because)
    return version


def _note(
    kind: str, version: PolicyVersion, *, by: Actor, now: datetime, note: str = "", **data: Any
) -> None:
    _step(version, PolicyState(version.state), by=by, now=now, note=note)
    ledger.append(
        kind=kind,
        subject=f"policy:{version.kind}:{version.number}",
        by=by,
        now=now,
        data={"version": version.pk, "content_hash": version.content_hash, **data},
    )


def _step(
    version: PolicyVersion, state: PolicyState, *, by: Actor, now: datetime, note: str = ""
) -> None:
    PolicyStep.objects.create(
        policy=version, state=state, note=note[:500], stepped_at=now, stepped_by=str(by)
    )
