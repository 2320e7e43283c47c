"""What the send policy reads about a send: gathered for many sends in a fixed number of queries.

A fact that is not known is left out, so that rules see it as unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, F, Max, Q

from approvals.models import OPEN_STATES, Attempt, AttemptOutcome, Send, SendState
from revenue.conversation.clock import LocalClock, local_clock, zones_for
from revenue.conversation.suppression import Suppressed, suppressed_among
from revenue.models import (
    Account,
    Draft,
    Mailbox,
    RelationshipFact,
    Suppression,
    SuppressionReason,
)
from revenue.pipeline.relationships import holds, newest_statements

TOUCH_WINDOW = timedelta(days=90)
MAILBOX_WINDOW = timedelta(days=30)
RELEVANT_WORDS = frozenset(
    {"owner", "founder", "manager", "director", "president", "principal", "partner", "operator"}
    | {"lead", "head", "chief", "coordinator", "reception", "front", "administrator"}
    | {"office", "general"}
)

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Touches:
    """What left for an account or a contact: how many in 90 days, and when last."""

    recent: int = 0
    last_at: datetime | None = None
    ever: int = 0


@dataclass(frozen=True, slots=True)
class Load:
    """What a mailbox has carried. Complaints are counted for the whole house: a complaint does
    not always say which mail it is about, and one domain's name suffers from all of them."""

    sent_today: int
    sent_30d: int
    bounced_30d: int
    complaints_30d: int


def gather(sends: Sequence[Send], *, now: datetime) -> dict[int, Facts]:
    """Facts by send id. The sends carry ``contact``, ``account``, ``mailbox`` and ``revision``."""
    suppressed = suppressed_among(
        [(send.contact.email, send.account_id) for send in sends], key=settings.SUPPRESSION_KEY
    )
    accounts = touches_of("account_id", [send.account_id for send in sends], now=now)
    contacts = touches_of("contact_id", [send.contact_id for send in sends], now=now)
    opens = _open_sends([send.account_id for send in sends])
    statements = _statements_of([send.account_id for send in sends])
    texts = _texts(sends)
    loads = {box.pk: load_of(box, now=now) for box in {send.mailbox for send in sends}}
    return {
        send.pk: {
            **send_facts(
                send,
                now=now,
                touch=contacts.get(send.contact_id, Touches()).ever + 1,
                body=texts[send.pk],
            ),
            **contact_facts(send, suppressed.get((send.contact.email, send.account_id)), now=now),
            **clock_facts(send, now=now),
            **touch_facts("contact", contacts.get(send.contact_id, Touches()), now=now),
            **touch_facts("account", accounts.get(send.account_id, Touches()), now=now),
            **account_facts(send.account, others=opens.get(send.account_id, set()) - {send.pk}),
            **relationship_facts(
                statements.get(send.account_id, ()), today=today_of(send.mailbox, now=now), now=now
            ),
            **mailbox_facts(send.mailbox, loads[send.mailbox.pk], now=now),
        }
        for send in sends
    }


def _texts(sends: Sequence[Send]) -> dict[int, str]:
    """What each says as it was drafted: the policy judges that while a planted fault stands."""
    planted = {send.draft_id: send.pk for send in sends if send.revision_planted}
    real = Draft.objects.filter(pk__in=planted).values_list("pk", "body") if planted else ()
    standing = {send.pk: send.revision.body for send in sends if send.revision}
    return standing | {planted[draft]: body for draft, body in real}


def send_facts(send: Send, *, now: datetime, touch: int, body: str) -> Facts:
    revision = send.revision
    assert revision is not None  # noqa: S101  # every send is opened with its first revision
    severities = [fault["severity"] for fault in revision.faults]
    return {
        "send.kind": send.kind,
        "send.touch_number": touch,
        "send.age_hours": hours(now - revision.written_at),
        "send.unsupported_claims": sum(not claim["supported"] for claim in revision.claims),
        "send.copy_blockers": severities.count("block"),
        "send.copy_warnings": severities.count("warn"),
        "send.copy_findings": sorted({fault["code"] for fault in revision.faults}),
        "send.word_count": len(body.split()),
        "send.has_footer": bool(revision.footer.strip()),
        "send.has_postal_address": bool(send.mailbox.postal_address.strip()),
        "send.has_unsubscribe": bool(send.token),
    }


def contact_facts(send: Send, suppressed: Suppressed | None, *, now: datetime) -> Facts:
    contact = send.contact
    country, region = place_of(send)
    replied = contact.last_reply_at
    known: Facts = {
        "contact.suppressed": suppressed is not None,
        "contact.unsubscribed": suppressed is not None and suppressed.unsubscribed,
        "contact.consent": contact.consent,
        "contact.legal_form": contact.legal_form,
        "contact.published_evidence": bool(contact.published_url and contact.published_on),
        "contact.no_solicitation_note": contact.no_solicitation,
        "contact.role_relevant": is_relevant(contact.role) if contact.role else None,
        "contact.country": country or None,
        "contact.region": region or None,
        "contact.days_since_reply": days(now - replied) if replied else None,
    }
    return {name: value for name, value in known.items() if value is not None}


def is_relevant(role: str) -> bool:
    """Whether our offer concerns somebody in this role: who runs the place or its front desk."""
    return not RELEVANT_WORDS.isdisjoint(role.casefold().replace("-", " ").split())


def place_of(send: Send) -> tuple[str, str]:
    """Country and region of the contact, or else of the account."""
    contact, account = send.contact, send.account
    if contact.country:
        return contact.country, contact.region
    return account.country, account.region


def clock_facts(send: Send, *, now: datetime) -> Facts:
    """The recipient's local time; where it could be several, only that it isn't known."""
    clocks = clocks_of(send, at=now)
    if len(clocks) != 1:
        return {"contact.time_zone_known": False}
    return {"contact.time_zone_known": True, **facts_of_clock(clocks[0])}


def clocks_of(send: Send, *, at: datetime) -> list[LocalClock]:
    """What time it may be at the recipient: one clock for each zone the place may lie in."""
    country, region = place_of(send)
    zones = zones_for(time_zone=send.contact.time_zone, country=country, region=region)
    return [local_clock(at=at, zone=zone, country=country, region=region) for zone in zones]


def facts_of_clock(clock: LocalClock) -> Facts:
    known: Facts = {"contact.local_hour": clock.hour, "contact.local_weekday": clock.weekday}
    return known if clock.holiday is None else {**known, "contact.local_holiday": clock.holiday}


def touch_facts(whom: str, touches: Touches, *, now: datetime) -> Facts:
    facts: Facts = {f"{whom}.touches_90d": touches.recent} if whom == "account" else {}
    if touches.last_at is not None:
        facts[f"{whom}.days_since_touch"] = days(now - touches.last_at)
    return facts


def account_facts(account: Account, *, others: set[int]) -> Facts:
    facts: Facts = {"account.open_sends": len(others)}
    if account.icp_effect:
        facts["account.icp_verdict"] = account.icp_effect
    return facts


def relationship_facts(
    statements: Iterable[RelationshipFact], *, today: date, now: datetime
) -> Facts:
    """What stands of the statements that nothing supersedes."""
    standing = [fact for fact in statements if holds(fact, on=today)]
    facts: Facts = {
        "account.relationship_facts": len(standing),
        "account.relationship_kinds": sorted({fact.kind for fact in standing}),
    }
    if standing:
        newest = max(fact.noted_at for fact in standing)
        facts["account.days_since_relationship_fact"] = days(now - newest)
    return facts


def mailbox_facts(mailbox: Mailbox, load: Load, *, now: datetime) -> Facts:
    cap = cap_on(mailbox, now=now)
    facts: Facts = {
        "mailbox.sent_today": load.sent_today,
        "mailbox.cap_today": cap,
        "mailbox.cap_left": max(cap - load.sent_today, 0),
        "mailbox.sent_30d": load.sent_30d,
        "mailbox.paused": mailbox.paused_at is not None,
        "mailbox.authenticated": mailbox.authenticated,
    }
    if load.sent_30d:
        facts["mailbox.bounce_rate_30d"] = load.bounced_30d / load.sent_30d
        facts["mailbox.complaint_rate_30d"] = min(load.complaints_30d / load.sent_30d, 1.0)
    return facts


def cap_on(mailbox: Mailbox, *, now: datetime) -> int:
    """How many mails the mailbox may send on this day of its warm-up."""
    weeks = max((today_of(mailbox, now=now) - mailbox.warmup_started_on).days, 0) // 7
    grown = mailbox.warmup_first_cap + weeks * mailbox.warmup_weekly_step
    return min(grown, mailbox.cap_ceiling)


def today_of(mailbox: Mailbox, *, now: datetime) -> date:
    """The date in the mailbox's zone."""
    return now.astimezone(ZoneInfo(mailbox.time_zone)).date()


def start_of_day(mailbox: Mailbox, *, now: datetime) -> datetime:
    local = now.astimezone(ZoneInfo(mailbox.time_zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def load_of(mailbox: Mailbox, *, now: datetime) -> Load:
    """Counts of attempts that reached the wire; an uncertain one counts as sent."""
    reached = Q(outcome__in=[AttemptOutcome.ACCEPTED, AttemptOutcome.UNCERTAIN]) | Q(
        outcome__isnull=True
    )
    bounced = Q(outcome=AttemptOutcome.PERMANENT)
    counts = Attempt.objects.filter(mailbox=mailbox, started_at__gt=now - MAILBOX_WINDOW).aggregate(
        today=Count("id", filter=reached & Q(started_at__gte=start_of_day(mailbox, now=now))),
        month=Count("id", filter=reached | bounced),
        bounced=Count("id", filter=bounced),
    )
    complaints = Suppression.objects.filter(
        reason=SuppressionReason.COMPLAINT, suppressed_at__gt=now - MAILBOX_WINDOW
    )
    return Load(
        sent_today=counts["today"],
        sent_30d=counts["month"],
        bounced_30d=counts["bounced"],
        complaints_30d=complaints.count(),
    )


def touches_of(column: str, ids: Sequence[int], *, now: datetime) -> dict[int, Touches]:
    """Mails that left, by ``account_id`` or ``contact_id``."""
    rows = (
        Send.objects.filter(**{f"{column}__in": ids}, state=SendState.SENT)
        .values(key=F(column))
        .annotate(
            recent=Count("id", filter=Q(sent_at__gt=now - TOUCH_WINDOW)),
            last_at=Max("sent_at"),
            ever=Count("id"),
        )
    )
    return {row["key"]: Touches(row["recent"], row["last_at"], row["ever"]) for row in rows}


def _open_sends(account_ids: Sequence[int]) -> dict[int, set[int]]:
    opens: dict[int, set[int]] = {}
    rows = Send.objects.filter(account_id__in=account_ids, state__in=OPEN_STATES)
    for account_id, send_id in rows.values_list("account_id", "pk"):
        opens.setdefault(account_id, set()).add(send_id)
    return opens


def _statements_of(account_ids: Sequence[int]) -> dict[int, list[RelationshipFact]]:
    found: dict[int, list[RelationshipFact]] = {}
    for fact in newest_statements(account_ids).defer("statement", "source"):
        found.setdefault(fact.account_id, []).append(fact)
    return found


def overtaken_by(send: Send) -> str:
    """What happened since the draft that makes it pointless, or nothing."""
    replied = send.contact.last_reply_at
    if replied is not None and replied > send.draft.written_at:
        return "They replied after this was drafted."
    return ""


def hours(span: timedelta) -> float:
    """Never below zero: two machines' clocks may disagree by a little."""
    return max(round(span.total_seconds() / 3600, 4), 0)


def days(span: timedelta) -> float:
    """Never below zero, like ``hours``."""
    return max(round(span.total_seconds() / 86_400, 4), 0)
