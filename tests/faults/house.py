"""A small house with a past, for backups; as a process it makes one, looks at it, or lives on."""

from __future__ import annotations

import hashlib
import io
import json
import sys
from typing import Any

GONE = "gone@harbour.example"


def make() -> None:
    """Sends in several states, a suppression without its plain value, events sealed and not."""
    from django.utils import timezone  # noqa: PLC0415

    from approvals.models import SendState  # noqa: PLC0415
    from revenue import ledger  # noqa: PLC0415
    from revenue.actors import Actor  # noqa: PLC0415
    from revenue.conversation.suppression import forget, suppress  # noqa: PLC0415
    from revenue.models import SuppressionKind, SuppressionReason  # noqa: PLC0415
    from tests.support.rows import installed, make_send  # noqa: PLC0415

    now, by = timezone.now(), Actor.system("test")
    installed(now=now)
    for state in (SendState.PENDING, SendState.APPROVED, SendState.SENT, SendState.UNCERTAIN):
        make_send(state=state, now=now)
    for value in (GONE, "here@harbour.example"):
        reason = SuppressionReason.UNSUBSCRIBED
        suppress(kind=SuppressionKind.ADDRESS, value=value, reason=reason, by=by, now=now)
    forget(kind=SuppressionKind.ADDRESS, value=GONE, by=by, now=now)
    ledger.seal_all()
    ledger.append(kind="test.unsealed", subject="test:1", by=by, now=now)


def look() -> dict[str, Any]:
    """What must be the same after a restore."""
    from django.conf import settings  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from revenue.conversation.suppression import is_suppressed  # noqa: PLC0415
    from revenue.models import LedgerHead  # noqa: PLC0415

    rows = "select coalesce(string_agg(t::text, E'\\n' order by id), '') from {} t"
    found: dict[str, Any] = {}
    with connection.cursor() as cursor:
        for name in ("send", "revision", "decision"):
            cursor.execute(rows.format(f"approvals_{name}"))
            found[name] = hashlib.sha256(cursor.fetchone()[0].encode()).hexdigest()
    key = settings.SUPPRESSION_KEY
    found["suppressed"] = [
        is_suppressed(address=address, account_id=None, key=key)
        for address in (GONE, "here@harbour.example", "other@harbour.example")
    ]
    head = LedgerHead.objects.get()
    return {**found, "noted": f"{head.seq}:{bytes(head.digest).hex()}"}


def live_on(noted: str) -> dict[str, Any]:
    """Look, write and seal one more event, and check the whole chain by the command."""
    from django.core.management import call_command  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from revenue import ledger  # noqa: PLC0415
    from revenue.actors import Actor  # noqa: PLC0415
    from revenue.agents import killswitch  # noqa: PLC0415

    found, said, by = look(), io.StringIO(), Actor.system("test")
    ledger.append(kind="test.later", subject="test:2", by=by, now=timezone.now())
    sealed = ledger.seal_all()
    call_command("verify_ledger", "--json", "--noted", noted, stdout=said)
    return {
        "found": found,
        "sealed": sealed,
        "switches": [switch.scope for switch in killswitch.thrown()],
        "chain": json.loads(said.getvalue()),
    }


if __name__ == "__main__":
    import django

    django.setup()
    if sys.argv[1] == "make":
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        make()
    print(json.dumps(live_on(sys.argv[2]) if sys.argv[1] == "live-on" else look()))
