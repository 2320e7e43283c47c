"""Approved sends by the hundred; as a process it puts them into the house of its environment."""

from __future__ import annotations

import json
import sys


def open_hours() -> None:
    """Leave out rules about the hour, which have tests of their own: these run at any hour."""
    from django.utils import timezone  # noqa: PLC0415

    from revenue.policies.seeds import seed_policy  # noqa: PLC0415
    from revenue.policies.vocabulary import PolicyKind, Stage  # noqa: PLC0415
    from tests.support.rows import publish_text  # noqa: PLC0415

    now = timezone.now()
    text = seed_policy(PolicyKind.SEND)
    content = tuple(rule for rule in text.rules if rule.stage is not Stage.TIMING)
    text = text.model_copy(update={"rules": content})
    publish_text(text, now=now)


def approve(count: int) -> dict[str, int]:
    """So many approved sends; their Message-IDs with the ids of their rows."""
    from django.utils import timezone  # noqa: PLC0415

    from tests.support.rows import installed, make_approved_sends  # noqa: PLC0415

    now = timezone.now()
    installed(now=now)
    open_hours()
    return {str(send.message_id): send.pk for send in make_approved_sends(count, now=now)}


def states() -> dict[str, str]:
    """Each send's state by Message-ID."""
    from approvals.models import Send  # noqa: PLC0415

    return {str(key): state for key, state in Send.objects.values_list("message_id", "state")}


def let_leases_run_out() -> dict[str, str]:
    """Take back what killed workers hold, as if the leases' minutes had passed; the states."""
    from django.utils import timezone  # noqa: PLC0415

    from approvals.delivery.claiming import LEASE  # noqa: PLC0415
    from approvals.delivery.settling import recover_expired  # noqa: PLC0415
    from revenue.actors import Actor  # noqa: PLC0415

    recover_expired(by=Actor.system("test"), now=timezone.now() + LEASE)
    return states()


def main(order: str) -> dict[str, int] | dict[str, str]:
    return let_leases_run_out() if order == "recover" else approve(int(order))


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(main(sys.argv[1]) if len(sys.argv) > 1 else states()))
