"""Rows for tests: small, whole, and such as the operations would have written them."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import Group
from django.db.models import Model

from approvals.models import Choice, Decision, Revision, Send, SendState
from approvals.priority import score
from revenue.access import Role
from revenue.actors import Actor
from revenue.installing import INSTALLER, install
from revenue.models import (
    Account,
    Confidence,
    Consent,
    Contact,
    Deal,
    Draft,
    Effect,
    House,
    Mailbox,
    MailKind,
    PolicyKind,
    PolicyState,
    PolicyVersion,
    RelationshipFact,
    RelationshipKind,
    User,
)
from revenue.policies import verdicts
from revenue.policies.conditions import PolicyText
from revenue.policies.seeds import seed_policy
from revenue.policies.versions import (
    keep_proof,
    propose,
    publish,
    publish_first,
    write_version,
)
from revenue.policies.vocabulary import PolicyKind as Kind
from tests.support.installing import install_or_repeat

NOW = datetime(2026, 11, 18, 18, 0, tzinfo=UTC)
"""A Wednesday, ten in the morning in Vancouver."""
FOUNDER = Actor("person", "1")
ADMIN = Actor("person", "2")
ICP_FACTS: dict[Effect, dict[str, object]] = {
    Effect.ALLOW: {
        "account.category": "physiotherapy", "account.category_group": "health_wellness",
        "account.locations": 3, "account.days_since_seen": 1, "account.is_national_chain": False,
    },
    Effect.DENY: {"account.category": "dental"},
    Effect.HOLD: {},
}  # fmt: skip

_numbers = count(1)
M = TypeVar("M", bound=Model)


def installed(*, now: datetime = NOW) -> House:
    """A house as ``manage.py install`` leaves it, with a mailbox that has no pace."""
    if now == NOW:
        install_or_repeat(now=now)
    else:
        install(now=now)
    make_mailbox()
    return House.objects.get(pk=1)


def publish_text(text: PolicyText, *, now: datetime = NOW) -> PolicyVersion:
    """Publish a text as the next version of its kind, the way two people do it."""
    versions = PolicyVersion.objects.filter(kind=text.kind.value)
    if not versions.exists():
        return publish_first(text=text, by=FOUNDER, now=now)
    standing = versions.filter(state=PolicyState.ACTIVE).first()
    version = write_version(text=text, by=ADMIN, now=now, based_on=standing)
    keep_proof(
        version=version, compared_with=standing, loosens=True, analysis={}, by=ADMIN, now=now
    )
    propose(version=version, by=ADMIN, now=now)
    return publish(version=version, by=FOUNDER, now=now)


def make_user(*roles: Role, username: str = "", **fields: Any) -> User:
    user = User.objects.create_user(
        username=username or f"user{next(_numbers)}", password="a long password", **fields
    )
    for role in roles:
        user.groups.add(Group.objects.get_or_create(name=role.value)[0])
    return user


def make_mailbox(**fields: Any) -> Mailbox:
    defaults: dict[str, Any] = {
        "sender_name": "Ana Petrov",
        "company": "Hollow Oak Agency",
        "postal_address": "1200 Harbour Street, Vancouver BC V6B 0A1, Canada",
        "warmup_started_on": date(2026, 1, 5),
        "gap_min_s": 0,
        "gap_max_s": 0,
        "authenticated": True,
        "cap_ceiling": 100_000,
        "warmup_first_cap": 100_000,
    }
    address = fields.pop("address", "ana@hollow-oak.example")
    return Mailbox.objects.get_or_create(address=address, defaults={**defaults, **fields})[0]


def make_account(**fields: Any) -> Account:
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "name": f"Harbour Physio {number}",
        "name_key": f"harbour physio {number}",
        "category": "physiotherapy",
        "category_group": "health_wellness",
        "city": "Langley",
        "area": "Walnut Grove",
        "region": "BC",
        "country": "CA",
        "created_at": NOW,
        "changed_at": NOW,
        "screened_at": NOW,
        "icp_effect": Effect.ALLOW,
    }
    values = {**defaults, **fields}
    effect = "" if "icp_verdict" in fields else values.pop("icp_effect")
    account = Account.objects.create(**values)
    if effect:
        judge_account(account, Effect(effect))
    return account


def judge_account(account: Account, effect: Effect) -> None:
    """Let the customer profile judge it by facts that lead to this effect."""
    try:
        policy = verdicts.active(PolicyKind.ICP)
    except verdicts.NoActivePolicy:
        text = seed_policy(Kind.ICP)
        version = PolicyVersion.objects.create(
            kind=PolicyKind.ICP, number=1, text=text.to_json(), content_hash=text.content_hash,
            state=PolicyState.ACTIVE, written_at=NOW, written_by=str(INSTALLER), published_at=NOW,
            published_by=str(INSTALLER),
        )  # fmt: skip
        policy = verdicts.published(version.pk)
    facts = {f"account:{account.pk}": ICP_FACTS[effect]}
    (verdict,) = verdicts.record(policy, facts, by=Actor.seat("prospector"), now=NOW)
    account.icp_effect, account.icp_verdict = effect, verdict
    account.save(update_fields=["icp_effect", "icp_verdict"])


def make_contact(account: Account | None = None, **fields: Any) -> Contact:
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "name": "Dana Whitfield",
        "role": "Clinic owner",
        "email": f"dana{number}@harbour{number}.example",
        "time_zone": "America/Vancouver",
        "country": "CA",
        "region": "BC",
        "consent": Consent.IMPLIED_PUBLISHED,
        "published_url": f"https://harbour{number}.example/contact",
        "published_on": date(2026, 10, 1),
        "no_solicitation": False,
        "added_at": NOW,
        "added_by": str(Actor.system("test")),
    }
    return Contact.objects.create(account=account or make_account(), **{**defaults, **fields})


def make_relationship(account: Account | None = None, **fields: Any) -> RelationshipFact:
    defaults: dict[str, Any] = {
        "kind": RelationshipKind.LEFT_OVER_PRICE,
        "statement": "Left over the price in 2024.",
        "source": "The owner, on the phone",
        "confidence": Confidence.CERTAIN,
        "valid_from": NOW.date(),
        "noted_at": NOW,
        "noted_by": str(FOUNDER),
    }
    return RelationshipFact.objects.create(
        account=account or make_account(), **{**defaults, **fields}
    )


def make_draft(contact: Contact | None = None, **fields: Any) -> Draft:
    contact = contact or make_contact()
    mailbox = fields.pop("mailbox", None) or make_mailbox()
    deal = Deal.objects.filter(account=contact.account).first() or Deal.objects.create(
        account=contact.account,
        contact=contact,
        value_minor=480_000,
        currency="CAD",
        opened_at=NOW,
        opened_by="seat:prospector",
    )
    defaults: dict[str, Any] = {
        "kind": MailKind.COLD,
        "seat_id": "prospector",
        "subject": "The phone at half past five",
        "body": BODY,
        "claims": [],
        "brief": BRIEF,
        "template": "cold/test@1",
        "why_now": "The customer profile accepted them.",
        "written_at": NOW,
        "written_by": "seat:prospector",
    }
    return Draft.objects.create(
        deal=deal, account=contact.account, contact=contact, mailbox=mailbox,
        **{**defaults, **fields},
    )  # fmt: skip


BODY = (
    "Hi Dana,\n\n"
    "This isn't a newsletter, a survey, or a pitch for a new website.\n\n"
    "It is about the calls that come in while your team is with clients. "
    "We call what we do about them 4C.\n\n"
    "Reply MAP and I will send you one page about it.\n\n"
    "Ana Petrov"
)
BRIEF: dict[str, Any] = {
    "kind": "cold",
    "sender": {"name": "Ana Petrov", "company": "Hollow Oak Agency", "label": "4C"},
    "seed": "test",
    "relationship": [],
}


def make_send(
    draft: Draft | None = None, *, state: SendState = SendState.PENDING, **fields: Any
) -> Send:
    """A send with its first revision in a state that needs no more than an approval."""
    draft = draft or make_draft()
    now = fields.pop("now", NOW)
    token = secrets.token_urlsafe(24)
    due_at = fields.pop("due_at", now + timedelta(hours=24))
    send = Send.objects.create(
        **{
            "draft": draft, "deal": draft.deal, "account": draft.account, "contact": draft.contact,
            "mailbox": draft.mailbox, "seat": draft.seat, "kind": draft.kind,
            "to_address": draft.contact.email, "to_name": draft.contact.name,
            "why_now": draft.why_now, "value_minor": draft.deal.value_minor, "currency": "CAD",
            "state": SendState.PENDING, "state_at": now, "effect": Effect.ALLOW,
            "score": score(value_minor=draft.deal.value_minor, risk=1, due_at=due_at),
            "due_at": due_at, "expires_at": due_at + timedelta(hours=48),
            "token": token, "message_id": f"<{token}@hollow-oak.example>", "created_at": now,
            **fields,
        }
    )  # fmt: skip
    send.revision = Revision.objects.create(
        send=send, number=1, subject=draft.subject, body=draft.body,
        footer=(
            f"Ana Petrov\nHollow Oak Agency, {draft.mailbox.postal_address}\n\n"
            f"Unsubscribe: {settings.BASE_URL}/u/{token}"
        ),
        from_name="Ana Petrov", from_address=draft.mailbox.address, claims=[], faults=[],
        content_hash="0" * 64, written_at=now, written_by="seat:prospector",
    )  # fmt: skip
    send.save(update_fields=["revision"])
    if state != SendState.PENDING:
        _bring_to(send, state, now)
    return send


def _bring_to(send: Send, state: SendState, now: datetime) -> None:
    changes: dict[str, Any] = {"state": state, "approval": approve_row(send, now=now)}
    changes["leaves_at"] = now
    if state == SendState.SENT:
        changes["sent_at"] = now
    if state == SendState.SENDING:
        changes |= {
            "lease_until": now + timedelta(minutes=2), "lease_by": "system:other",
            "cleared_under": verdicts.active(PolicyKind.SEND).version_id,
        }  # fmt: skip
    if state == SendState.SNOOZED:
        changes["snoozed_until"] = now + timedelta(hours=1)
    Send.objects.filter(pk=send.pk).update(**changes)
    send.refresh_from_db()


def approve_row(send: Send, *, now: datetime = NOW, by: Actor = FOUNDER) -> Decision:
    approval = _approval(send, now=now, by=by)
    approval.save(force_insert=True)
    return approval


def _approval(send: Send, *, now: datetime, by: Actor) -> Decision:
    assert send.revision_id is not None
    return Decision(
        send=send, revision_id=send.revision_id, round=send.round, choice=Choice.APPROVE,
        channel="page", decided_at=now, decided_by=str(by),
    )  # fmt: skip


def make_approved_sends(count: int, *, now: datetime) -> list[Send]:
    """Approved sends to as many accounts, in a dozen statements."""
    sends = make_pending_sends(count, now=now)
    approvals = [_approval(send, now=now, by=FOUNDER) for send in sends]
    for send, approval in zip(sends, Decision.objects.bulk_create(approvals), strict=True):
        send.approval, send.state, send.leaves_at = approval, SendState.APPROVED, now
    Send.objects.bulk_update(sends, ["approval", "state", "leaves_at"], batch_size=500)
    return sends


def make_pending_sends(count: int, *, now: datetime) -> list[Send]:
    """Pending sends to as many accounts, in a dozen statements: copies of one that was made."""
    first = make_send(now=now)
    copies = range(count - 1)
    accounts = Account.objects.bulk_create([_copy(first.account) for _ in copies])
    contacts = Contact.objects.bulk_create(
        [
            _copy(first.contact, account=account, email=f"copy{number}@copies.example")
            for number, account in enumerate(accounts)
        ]
    )
    deals = Deal.objects.bulk_create(
        [_copy(first.deal, account=contact.account, contact=contact) for contact in contacts]
    )
    drafts = Draft.objects.bulk_create(
        [
            _copy(first.draft, deal=deal, account=deal.account, contact=deal.contact)
            for deal in deals
        ]
    )
    tokens = [secrets.token_urlsafe(24) for _ in copies]
    sends = Send.objects.bulk_create(
        [
            _copy(
                first, draft=draft, deal=draft.deal, account=draft.account, contact=draft.contact,
                to_address=draft.contact.email, token=token, revision=None,
                message_id=f"<{token}@hollow-oak.example>",
            )
            for draft, token in zip(drafts, tokens, strict=True)
        ]
    )  # fmt: skip
    assert first.revision is not None
    footer = first.revision.footer
    revisions = Revision.objects.bulk_create(
        [
            _copy(first.revision, send=send, footer=footer.replace(first.token, send.token))
            for send in sends
        ]
    )
    for send, revision in zip(sends, revisions, strict=True):
        send.revision = revision
    Send.objects.bulk_update(sends, ["revision"], batch_size=500)
    return [first, *sends]


def _copy(row: M, **changes: Any) -> M:
    """An unsaved copy of a row with some columns changed."""
    fields = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if not field.primary_key and not field.generated
    }
    copy = type(row)(**fields)
    for name, value in changes.items():
        setattr(copy, name, value)
    return copy
