"""How a version is published: at once where it lets nothing more through, else by two people.

A request to publish lives in the part above, which ``settings.CHANGE_OF_VERSION`` names, and so
does what waits and would be allowed: ``settings.FREED_BY_VERSION``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.module_loading import import_string
from django.views.decorators.http import require_POST

from revenue.models import PolicyState, PolicyVersion
from revenue.policies import versions
from revenue.web.access import acting, reader


@dataclass(frozen=True, slots=True)
class Publishing:
    """What ``revenue/policy_publish.html`` shows.

    ``step``: ``check`` (first, or anew), ``publish``, ``propose``, ``waiting``, ``scheduled``, or
    ``done`` for a version that was published. The others describe the request, if one is open.
    """

    step: str
    may_act: bool
    may_see: bool
    change_id: int | None = None
    proposed_at: datetime | None = None
    proposed_by: str = ""
    takes_effect_at: datetime | None = None
    is_own: bool = False
    freed: Any = None
    """What waits now and would be allowed, with ``number``, ``words`` and ``url``."""


def shown_publishing(request: HttpRequest, version: PolicyVersion) -> Publishing:
    """Where this version stands on its way to being the active one; three statements at most."""
    user = reader(request)
    change = None if version.published_at else _open_change(version)
    return Publishing(
        step=_step(version, change),
        may_act=user.may_post("revenue:policy_publish"),
        may_see=user.may_see("approvals:change"),
        change_id=change.pk if change else None,
        proposed_at=change.proposed_at if change else None,
        proposed_by=change.proposed_by if change else "",
        takes_effect_at=change.takes_effect_at if change else None,
        is_own=change is not None and change.proposed_by == str(acting(request)),
        freed=import_string(settings.FREED_BY_VERSION)(version),
    )


def _open_change(version: PolicyVersion) -> Any:
    return import_string(settings.CHANGE_OF_VERSION)(version)


def _step(version: PolicyVersion, change: Any) -> str:
    if version.published_at is not None:
        return "done"
    if change is not None:
        return "scheduled" if change.takes_effect_at else "waiting"
    active = PolicyVersion.objects.filter(kind=version.kind, state=PolicyState.ACTIVE)
    standing = active.values_list("pk", flat=True).first()
    if version.loosens is None or version.compared_with_id != standing:
        return "check"
    return "propose" if version.loosens else "publish"


@require_POST
def publish(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """Make a version that lets nothing more through the active one, at once."""
    version = get_object_or_404(PolicyVersion, kind=kind, number=number)
    try:
        versions.publish_at_once(version=version, by=acting(request), now=timezone.now())
    except versions.NeedsAnother:
        told = "It lets more through than the active version, so propose it to somebody else."
        messages.error(request, told)
    except versions.CannotPublish as refusal:
        messages.error(request, str(refusal))
    else:
        told = f"Version {number} is active now. What waits is being judged again."
        messages.success(request, told)
    return redirect("revenue:policy_version", kind, number)
