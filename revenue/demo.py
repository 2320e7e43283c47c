"""What the demo starts with: two real lists, fictitious contacts, three people, one mailbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction

from revenue import ledger
from revenue.access import Role
from revenue.actors import Actor
from revenue.agents.drafts import QUIET_AFTER_REPLY
from revenue.agents.house import change_house
from revenue.agents.seats import assign_person
from revenue.conversation.replies import record_reply
from revenue.models import (
    ColumnMapping,
    Confidence,
    Contact,
    Draft,
    ImportRun,
    Mailbox,
    RelationshipFact,
    RelationshipKind,
    Seat,
    User,
)
from revenue.pipeline.importing import advance_import, start_import
from revenue.pipeline.relationships import note_fact
from revenue.pipeline.screening import screen_due
from revenue.policies.conditions import PolicyText
from revenue.policies.vocabulary import Mode, Stage

DEMO = Actor.system("demo")
LISTS = Path(__file__).parent / "pipeline" / "lists"
FILES = (
    ("langley_business_licences.csv", "langley"),
    ("osm_places.csv", "osm"),
    ("demo_contacts.csv", "contacts"),
)
NAMES = {
    "founder": ("Mara", "Lindholm"),
    "accountant": ("Janine", "Abara"),
    "admin": ("Theo", "Marchetti"),
}
SEATS = {"founder": "closer", "accountant": "accounting"}
CLOCK_RULES = frozenset({"weekend", "quiet-hours", "public-holiday"})
SILENT_DAYS = (75, 96, 140, 210)
SOON_MINUTES = (10, 20, 40, 60)
"""When a few others will have been silent for long enough: the next drafts to be let go."""
HOLD_SECONDS = 60
"""Nobody who has a first look waits for ten minutes."""
KNOWN, NEW = "known", "new"


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to know about one of the people whom we know, or of those who are new.

    ``place`` counts them from 0 in the order in which they are drafted to; ``ago`` and ``until``
    are days from now. ``newer`` takes its place.
    """

    whom: str
    place: int
    ago: int
    kind: RelationshipKind
    statement: str
    source: str
    confidence: Confidence
    until: int | None = None
    newer: Remark | None = None


REMARKS = (
    Remark(
        KNOWN, 0, 12, RelationshipKind.LEFT_OVER_PRICE, "Left over the price in 2024.",
        "The owner, on the phone", Confidence.CERTAIN,
    ),
    Remark(
        KNOWN, 1, 190, RelationshipKind.KNOWS_US, "Liked the first month and told a neighbour so.",
        "Their front desk, by mail", Confidence.LIKELY,
    ),
    Remark(
        KNOWN, 2, 75, RelationshipKind.PAYS_LATE, "Paid two of three invoices after a reminder.",
        "Our own books", Confidence.CERTAIN,
    ),
    Remark(
        KNOWN, 3, 160, RelationshipKind.KNOWS_US, "The office manager speaks for us there.",
        "Mara, after a visit", Confidence.LIKELY,
        newer=Remark(
            KNOWN, 3, 21, RelationshipKind.CHAMPION_MOVED,
            "The office manager has left; nobody there knows us now.",
            "Her successor, on the phone", Confidence.CERTAIN,
        ),
    ),
    Remark(
        NEW, 0, 6, RelationshipKind.NOT_NOW, "Wants to be left in peace while they renovate.",
        "The front desk, when we called", Confidence.LIKELY, until=45,
    ),
    Remark(
        NEW, 3, 140, RelationshipKind.USES_OTHER, "Is said to have an answering service already.",
        "A supplier of theirs", Confidence.HEARSAY,
    ),
    Remark(
        NEW, 6, 18, RelationshipKind.SOMEBODY_SIGNS, "The head office signs whatever costs more.",
        "The clinic's manager, by mail", Confidence.CERTAIN,
    ),
)  # fmt: skip


def load(*, now: datetime) -> None:
    """Fill an installed, empty house; each part is skipped when it is there already."""
    _add_people(now=now)
    _add_mailbox(now=now)
    if not Draft.objects.exists():
        change_house(changes={"policy_hold_seconds": HOLD_SECONDS}, by=DEMO, now=now)
    for file_name, mapping in FILES:
        if not ImportRun.objects.filter(file_name=file_name).exists():
            _import(LISTS / file_name, mapping, now=now)
    while screen_due(now=now, limit=2000):
        pass
    _remember_replies(now=now)
    remember_relationships(now=now)


@transaction.atomic
def _add_people(*, now: datetime) -> None:
    for login in settings.DEMO_LOGINS:
        first, last = NAMES[login["role"]]
        person, created = User.objects.get_or_create(
            username=login["username"], defaults={"first_name": first, "last_name": last}
        )
        if not created:
            continue
        person.set_password(login["password"])
        person.save(update_fields=["password"])
        person.groups.add(Group.objects.get(name=Role(login["role"]).value))
        seat = SEATS.get(login["role"])
        if seat:
            assign_person(seat=Seat.objects.get(pk=seat), person=person, by=DEMO, now=now)


@transaction.atomic
def _add_mailbox(*, now: datetime) -> None:
    mailbox, created = Mailbox.objects.get_or_create(
        address="mara@hollow-oak.example",
        defaults={
            "sender_name": "Mara Lindholm",
            "company": "Hollow Oak Agency",
            "postal_address": "1200 Harbour Street\nVancouver BC V6B 0A1, Canada",
            "warmup_started_on": (now - timedelta(days=60)).date(),
            # The local mailbox minds no pace, and somebody is watching.
            "gap_min_s": 0,
            "gap_max_s": 3,
            "authenticated": True,
        },
    )
    if created:
        ledger.append(kind="mailbox.added", subject=f"mailbox:{mailbox.pk}", by=DEMO, now=now)


def loosen_clock(text: PolicyText) -> PolicyText:
    """Let the rules about the hour only warn, so that a mail is seen to leave at any time."""
    if not any(rule.id in CLOCK_RULES for rule in text.rules):
        return text
    rules = tuple(
        rule.model_copy(update={"mode": Mode.WARN})
        if rule.id in CLOCK_RULES and rule.stage is Stage.TIMING
        else rule
        for rule in text.rules
    )
    title = f"{text.title} (demo: the hour only warns)"
    return text.model_copy(update={"title": title, "rules": rules})


def _import(path: Path, mapping: str, *, now: datetime) -> None:
    with path.open("rb") as file:
        run = start_import(
            file=file,
            file_name=path.name,
            mapping=ColumnMapping.objects.get(pk=mapping),
            by=DEMO,
            now=now,
        )
    advance_import(run=run, deadline=now + timedelta(minutes=10))


def _remember_replies(*, now: datetime) -> None:
    """Give a few contacts a past, so that there is somebody to write to again."""
    if Contact.objects.filter(last_reply_at__isnull=False).exists():
        return
    accepted = Contact.objects.filter(account__icp_effect="allow")
    known = accepted.filter(consent="existing_business").order_by("id")
    others = accepted.filter(consent="implied_published", country="CA").order_by("-id")
    for contact, days in zip(known, SILENT_DAYS, strict=False):
        record_reply(contact=contact, at=now - timedelta(days=days), by=DEMO, now=now)
    for contact, minutes in zip(others, SOON_MINUTES, strict=False):
        ago = QUIET_AFTER_REPLY - timedelta(minutes=minutes)
        record_reply(contact=contact, at=now - ago, by=DEMO, now=now)


@transaction.atomic
def remember_relationships(*, now: datetime) -> None:
    """Let the founder have noted what holds with a few of those who are written to first."""
    if RelationshipFact.objects.exists():
        return
    founder = User.objects.filter(groups__name=Role.FOUNDER).order_by("id").first()
    by = Actor.person(founder) if founder else DEMO
    people = Contact.objects.filter(account__icp_effect="allow").select_related("account")
    first = people.order_by("account__screened_at", "account_id", "id")
    groups = {
        KNOWN: list(first.filter(last_reply_at__lt=now - QUIET_AFTER_REPLY)[: len(SILENT_DAYS)]),
        NEW: list(first.filter(last_reply_at__isnull=True)[:10]),
    }
    for remark in REMARKS:
        if remark.place < len(groups[remark.whom]):
            contact = groups[remark.whom][remark.place]
            older = _note(remark, contact, None, by=by, now=now)
            if remark.newer:
                _note(remark.newer, contact, older, by=by, now=now)


def _note(
    remark: Remark, contact: Contact, older: RelationshipFact | None, *, by: Actor, now: datetime
) -> RelationshipFact:
    noted_at = now - timedelta(days=remark.ago)
    until = None if remark.until is None else (now + timedelta(days=remark.until)).date()
    return note_fact(
        account=contact.account,
        contact=None,
        kind=remark.kind,
        statement=remark.statement,
        source=remark.source,
        confidence=remark.confidence,
        valid_from=noted_at.date(),
        valid_until=until,
        supersedes=older,
        by=by,
        now=noted_at,
    )
