from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from approvals.delivery.preflight import Ready, Revoke, Wait, check
from approvals.facts import gather
from approvals.models import Decision, Send, SendState
from revenue.actors import Actor
from revenue.conversation.suppression import suppress
from revenue.models import Contact, Mailbox, PolicyKind, SuppressionKind, SuppressionReason
from revenue.policies import verdicts
from tests.support.rows import FOUNDER, NOW, make_contact, make_draft, make_send

pytestmark = pytest.mark.usefixtures("house")
VANCOUVER = ZoneInfo("America/Vancouver")


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in November 2026 in Vancouver; the 18th is a Wednesday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=VANCOUVER)


def approved(**contact: Any) -> Send:
    send = make_send(make_draft(make_contact(**contact)), state=SendState.APPROVED)
    return Send.objects.select_related(
        "account", "contact", "mailbox", "revision", "draft", "approval__verdict"
    ).get(pk=send.pk)


def look(send: Send, at: datetime = NOW) -> Any:
    return next(iter(check([send], policy=verdicts.active(PolicyKind.SEND), now=at)))[1]


def test_nothing_in_the_way_is_ready() -> None:
    assert look(approved()) == Ready()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (SuppressionKind.ADDRESS, "Info@Somewhere.example"),
        (SuppressionKind.DOMAIN, "somewhere.example"),
        (SuppressionKind.ACCOUNT, ""),
    ],
)
def test_suppressed_since_approval_is_revoked(kind: SuppressionKind, value: str) -> None:
    send = approved(email="info@somewhere.example")
    suppress(
        kind=kind, value=value or str(send.account_id), reason=SuppressionReason.ASKED,
        by=FOUNDER, now=NOW,
    )  # fmt: skip

    finding = look(send)

    assert isinstance(finding, Revoke)
    assert finding.rule == "suppressed"


def test_reply_since_the_draft_revokes() -> None:
    send = approved()
    Contact.objects.update(last_reply_at=NOW + timedelta(minutes=1))
    send.contact.refresh_from_db()

    assert look(send, NOW + timedelta(minutes=2)) == Revoke(
        "They replied after this was drafted.", "overtaken"
    )


def test_touch_of_the_account_since_approval_revokes() -> None:
    send = approved()
    make_send(make_draft(make_contact(send.account)), state=SendState.SENT)

    finding = look(send)

    assert isinstance(finding, Revoke)
    assert finding.rule == "account-touched-lately"


def test_hold_that_the_decider_saw_does_not_stop_it() -> None:
    send = approved(role="Bookkeeper")
    policy = verdicts.active(PolicyKind.SEND)
    verdict = verdicts.record(
        policy, {f"send:{send.pk}": gather([send], now=NOW)[send.pk]},
        by=Actor.system("test"), now=NOW,
    )[0]  # fmt: skip
    assert (verdict.effect, verdict.rule) == ("hold", "canada-role")

    unseen = look(send)
    send.approval = Decision(verdict=verdict)

    assert isinstance(unseen, Revoke)
    assert look(send) == Ready()


@pytest.mark.parametrize(
    ("at", "until", "rule"),
    [
        (local(18, 6), local(18, 8), "between 08:00 and 17:30"),
        (local(18, 17, 30), local(19, 8), "between 08:00 and 17:30"),
        (local(20, 18), local(23, 8), "between 08:00 and 17:30"),
        (local(21, 12), local(23, 8), "Monday to Friday"),
        (local(11, 12), local(12, 8), "holiday"),
    ],
)
def test_quiet_time_waits_for_the_next_window(at: datetime, until: datetime, rule: str) -> None:
    finding = look(approved(), at)

    assert isinstance(finding, Wait)
    assert finding.until == until
    assert rule in finding.reason


def test_unknown_zone_waits_for_hours_common_to_the_country() -> None:
    send = approved(country="US", region="", time_zone="")

    finding = look(send, local(18, 6))

    assert isinstance(finding, Wait)
    opens = finding.until.astimezone(ZoneInfo("Pacific/Honolulu"))
    closes = finding.until.astimezone(ZoneInfo("America/New_York"))
    assert (opens.hour, closes.hour) == (8, 13)


def test_cap_reached_waits_for_tomorrow() -> None:
    Mailbox.objects.update(warmup_first_cap=1, warmup_weekly_step=0)
    first, second = approved(), approved()

    findings = [
        finding
        for _, finding in check([first, second], policy=verdicts.active(PolicyKind.SEND), now=NOW)
    ]

    assert findings[0] == Ready()
    assert isinstance(findings[1], Wait)
    assert findings[1].until == local(19, 8)


def test_paused_mailbox_waits() -> None:
    send = approved()
    send.mailbox.paused_at = NOW

    assert isinstance(look(send), Wait)
