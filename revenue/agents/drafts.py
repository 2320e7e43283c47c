"""Writing drafts: the one door for house templates, and later for models.

What is written here is heard of above through the ledger (``draft.written``).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet

from revenue import ledger
from revenue.actors import Actor
from revenue.agents import killswitch
from revenue.agents.briefs import gather_brief
from revenue.agents.drafting.brief import Brief
from revenue.agents.drafting.composer import DraftText, NoHistory, compose
from revenue.models import (
    Account,
    Contact,
    Deal,
    DealStage,
    Draft,
    Effect,
    House,
    Mailbox,
    MailKind,
)

SEATS = {MailKind.COLD: "prospector", MailKind.REACTIVATION: "pipeline"}
ACTIONS = {MailKind.COLD: "draft_cold", MailKind.REACTIVATION: "draft_reactivation"}
QUIET_AFTER_REPLY = timedelta(days=60)
"""A contact who replied and then fell silent this long is written to again."""
REST = timedelta(days=90)
"""Nobody at an account gets another unasked draft within this time."""


def draft_due(*, now: datetime, limit: int) -> int:
    """Write up to ``limit`` drafts to the contacts that are next; return how many.

    Reactivations come first: they are fewer and worth more.
    """
    written = 0
    for kind in (MailKind.REACTIVATION, MailKind.COLD):
        if killswitch.stopping(seat=SEATS[kind], action=ACTIONS[kind]):
            continue
        for contact in next_contacts(kind, now=now)[: limit - written]:
            written += write_for(contact=contact, kind=kind, now=now) is not None
    return written


def next_contacts(kind: MailKind, *, now: datetime) -> QuerySet[Contact]:
    """Contacts of accepted accounts that may be drafted to, one for each account."""
    recent = Draft.objects.filter(account=OuterRef("account"), written_at__gt=now - REST)
    better = Contact.objects.filter(account=OuterRef("account"), pk__lt=OuterRef("pk"))
    silent = Q(last_reply_at__lt=now - QUIET_AFTER_REPLY)
    wanted = silent if kind == MailKind.REACTIVATION else Q(last_reply_at__isnull=True)
    return (
        Contact.objects.filter(wanted, account__icp_effect=Effect.ALLOW)
        .filter(~Exists(recent), ~Exists(better))
        .select_related("account__brand")
        .order_by(F("account__screened_at"), "account_id", "id")
    )


@transaction.atomic
def write_for(
    *,
    contact: Contact,
    kind: MailKind,
    now: datetime,
    replaces: Draft | None = None,
    seed: str = "",
) -> Draft | None:
    """Compose and keep a draft to this contact; None when there is no mailbox or no history."""
    house = House.objects.get(pk=1)
    mailbox = Mailbox.objects.filter(paused_at__isnull=True).order_by("id").first()
    if mailbox is None:
        return None
    Account.objects.select_for_update(no_key=True).get(pk=contact.account_id)
    brief = gather_brief(
        contact=contact,
        kind=kind,
        mailbox=mailbox,
        house=house,
        seed=seed or f"account:{contact.account_id}",
        now=now,
    )
    try:
        text = compose(brief)
    except NoHistory:
        return None
    deal = open_deal(contact=contact, house=house, by=Actor.seat(SEATS[kind]), now=now)
    return write_draft(
        text=text,
        brief=brief,
        deal=deal,
        contact=contact,
        mailbox=mailbox,
        kind=kind,
        why_now=replaces.why_now if replaces else why_now(contact, kind, now=now),
        replaces=replaces,
        now=now,
    )


@transaction.atomic
def write_draft(
    *,
    text: DraftText,
    brief: Brief,
    deal: Deal,
    contact: Contact,
    mailbox: Mailbox,
    kind: MailKind,
    why_now: str,
    replaces: Draft | None,
    now: datetime,
) -> Draft:
    """Keep a composed text as a draft of its seat, and let the ledger tell of it."""
    seat = Actor.seat(SEATS[kind])
    draft = Draft.objects.create(
        deal=deal,
        account_id=contact.account_id,
        contact=contact,
        mailbox=mailbox,
        seat_id=seat.key,
        replaces=replaces,
        kind=kind,
        subject=text.subject,
        body=text.body,
        claims=[claim.as_json() for claim in text.claims],
        brief=brief.as_json(),
        template=f"{text.template}@{text.template_version}",
        why_now=why_now,
        written_at=now,
        written_by=str(seat),
    )
    ledger.append(
        kind="draft.written",
        subject=f"draft:{draft.pk}",
        by=seat,
        now=now,
        data={
            "account": contact.account_id,
            "contact": contact.pk,
            "template": draft.template,
            "replaces": replaces.pk if replaces else None,
        },
    )
    return draft


def rewrite(*, draft: Draft, note: str, now: datetime) -> Draft | None:
    """Write a draft anew after it was sent back: other wording, the note kept beside it.

    House templates can't read a note; whoever decides next sees it with the new text.
    """
    kind = MailKind(draft.kind)
    if killswitch.stopping(seat=SEATS[kind], action=ACTIONS[kind]):
        return None
    contact = Contact.objects.select_related("account__brand").get(pk=draft.contact_id)
    again = write_for(contact=contact, kind=kind, now=now, replaces=draft, seed=f"draft:{draft.pk}")
    if again is not None:
        ledger.append(
            kind="draft.rewritten",
            subject=f"draft:{again.pk}",
            by=Actor.seat(SEATS[kind]),
            now=now,
            data={"note": note},
        )
    return again


def replaced_ids() -> QuerySet[Draft, int]:
    """Ids of drafts that a newer one replaces."""
    return Draft.objects.filter(replaces__isnull=False).values_list("replaces_id", flat=True)


def open_deal(*, contact: Contact, house: House, by: Actor, now: datetime) -> Deal:
    """The account's open deal, opened now if there is none."""
    known = (
        Deal.objects.filter(account_id=contact.account_id)
        .exclude(stage__in=[DealStage.WON, DealStage.LOST])
        .first()
    )
    if known is not None:
        return known
    deal = Deal.objects.create(
        account_id=contact.account_id,
        contact=contact,
        value_minor=house.deal_value_minor,
        currency=house.currency,
        opened_at=now,
        opened_by=str(by),
    )
    ledger.append(
        kind="deal.opened",
        subject=f"deal:{deal.pk}",
        by=by,
        now=now,
        data={"account": contact.account_id},
    )
    return deal


def why_now(contact: Contact, kind: MailKind, *, now: datetime) -> str:
    """Why this mail is proposed today, in one sentence for the decider."""
    if kind == MailKind.REACTIVATION and contact.last_reply_at is not None:
        days = (now - contact.last_reply_at).days
        return f"They last replied {days} days ago and have been silent since."
    locations = contact.account.brand.locations if contact.account.brand else 1
    place = f"{locations} locations" if locations > 1 else "a strong single location"
    last = Draft.objects.filter(account=contact.account_id).aggregate(at=Max("written_at"))["at"]
    before = (
        f"the last draft to them is {(now - last).days} days old"
        if last
        else "nobody has written to them yet"
    )
    return f"The customer profile accepted them ({place}), and {before}."
