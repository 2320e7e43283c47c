"""From a draft to an item that waits for a decision, with what a decider needs to see."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from approvals.facts import gather
from approvals.hashing import content_hash
from approvals.letting_go import let_go
from approvals.models import EditClass, Revision, Risk, Send, SendState
from approvals.moving import move
from approvals.priority import score
from revenue import ledger
from revenue.actors import Actor
from revenue.agents.drafting.calls import reply_words
from revenue.agents.drafting.copycheck import check_copy
from revenue.agents.drafting.faults import CopyContext
from revenue.agents.drafting.names import spoken_name
from revenue.conversation.outgoing import footer_text
from revenue.models import Draft, Effect, House, MailKind, PolicyKind, Verdict
from revenue.policies import verdicts

CONSUMER = "approvals.intake"
INTAKE = Actor.system("intake")
WORTH_A_LOOK = 1_000_000
"""From this value on (minor units) a send is at least of medium risk."""


def take_in(event: ledger.Event) -> None:
    """Handle one ledger event: a written draft becomes a send."""
    if event.kind != "draft.written":
        return
    draft = Draft.objects.select_related(
        "deal", "account", "contact", "mailbox", "seat", "replaces"
    ).get(pk=int(event.subject.partition(":")[2]))
    open_send(draft=draft, now=event.at, heard_at=timezone.now())


@transaction.atomic
def open_send(*, draft: Draft, now: datetime, heard_at: datetime | None = None) -> Send:
    """Open the send of a draft once, judge it, and put it in its place in the queue, or let it go.

    ``heard_at``: when this is done, if later than it was written, so that a hold lasts as long as
    it should.
    """
    known = Send.objects.filter(draft=draft).first()
    if known is not None:
        return known
    house = House.objects.get(pk=1)
    send = _new_send(draft, house, blocked=_give_way(draft, now=now), now=now)
    revision = add_revision(
        send,
        subject=draft.subject,
        body=draft.body,
        claims=draft.claims,
        edit_class=EditClass.NONE,
        by=Actor.parse(draft.written_by),
        now=now,
        house=house,
    )
    send.revision = revision
    send.save(update_fields=["revision"])
    judge([send], now=now)
    if send.effect == Effect.DENY and send.state == SendState.PENDING:
        move(send, to=SendState.DENIED, now=now, reason=sentence_of(send))
    ledger.append(
        kind="send.opened",
        subject=f"send:{send.pk}",
        by=INTAKE,
        now=now,
        data={"draft": draft.pk, "account": draft.account_id, "state": send.state},
    )
    let_go(send=send, seeded_share=house.seeded_share, now=max(now, heard_at or now))
    return send


def _new_send(draft: Draft, house: House, *, blocked: bool, now: datetime) -> Send:
    """The row of a draft, not judged yet; ``blocked`` by another mail that is on its way."""
    due_at = now + timedelta(hours=house.due_hours)
    token = secrets.token_urlsafe(24)
    return Send.objects.create(
        draft=draft,
        deal=draft.deal,
        account=draft.account,
        contact=draft.contact,
        mailbox=draft.mailbox,
        seat=draft.seat,
        kind=draft.kind,
        to_address=draft.contact.email,
        to_name=draft.contact.name,
        why_now=draft.why_now,
        value_minor=draft.deal.value_minor,
        currency=draft.deal.currency,
        state=SendState.DENIED if blocked else SendState.PENDING,
        state_at=now,
        state_reason="Another mail to this contact is on its way." if blocked else "",
        score=score(value_minor=draft.deal.value_minor, risk=Risk.LOW, due_at=due_at),
        due_at=due_at,
        expires_at=now + timedelta(hours=house.expire_hours),
        token=token,
        message_id=f"<{token}@{draft.mailbox.address.rpartition('@')[2]}>",
        created_at=now,
    )


def _give_way(draft: Draft, *, now: datetime) -> bool:
    """Replace what still waits for the same contact; True if something is beyond recall."""
    open_sends = Send.objects.select_for_update().filter(contact=draft.contact)
    waiting = list(
        open_sends.filter(state__in=[SendState.PENDING, SendState.SNOOZED]).order_by("id")
    )
    replaced = open_sends.filter(draft=draft.replaces_id, state=SendState.RETURNED)
    for send in [*waiting, *(replaced if draft.replaces_id else ())]:
        move(send, to=SendState.SUPERSEDED, now=now, reason="A newer draft took its place.")
        ledger.append(
            kind="send.superseded",
            subject=f"send:{send.pk}",
            by=INTAKE,
            now=now,
            data={"by_draft": draft.pk},
        )
    beyond = (SendState.APPROVED, SendState.SENDING, SendState.UNCERTAIN)
    return open_sends.filter(state__in=beyond).exists()


def add_revision(
    send: Send,
    *,
    subject: str,
    body: str,
    claims: list[dict[str, Any]],
    edit_class: EditClass,
    by: Actor,
    now: datetime,
    house: House,
) -> Revision:
    """Write the next text of a send, whole as it will arrive, with what the copy checks say."""
    mailbox = send.mailbox
    footer = footer_text(
        sender_name=mailbox.sender_name,
        company=mailbox.company,
        postal_address=mailbox.postal_address,
        unsubscribe_url=f"{settings.BASE_URL}/u/{send.token}",
    )
    first_name, _, last_name = send.to_name.partition(" ")
    context = CopyContext(
        first_touch=send.kind == MailKind.COLD,
        first_name=first_name,
        last_name=last_name,
        account_name=spoken_name(send.account.name),
        label=house.label,
        reply_word=next(iter(reply_words(send.draft.body)), ""),
        postal_address=mailbox.postal_address,
        banned_phrases=tuple(house.banned_phrases),
    )
    faults = check_copy(subject=subject, body=body, footer=footer, context=context)
    return Revision.objects.create(
        send=send,
        number=Revision.objects.filter(send=send).count() + 1,
        subject=subject,
        body=body,
        footer=footer,
        from_name=mailbox.sender_name,
        from_address=mailbox.address,
        claims=claims,
        faults=[fault.as_json() for fault in faults],
        edit_class=edit_class,
        content_hash=content_hash(mailbox.address, send.to_address, subject, body, footer),
        written_at=now,
        written_by=str(by),
    )


def judge(sends: Sequence[Send], *, now: datetime) -> list[Verdict]:
    """Ask the active send policy about each send, store the verdicts and what follows for risk."""
    policy = verdicts.active(PolicyKind.SEND)
    facts = gather(sends, now=now)
    judged = verdicts.record(
        policy,
        {f"send:{send.pk}": facts[send.pk] for send in sends},
        by=Actor.system("policy"),
        now=now,
    )
    for send, verdict in zip(sends, judged, strict=True):
        send.verdict, send.effect, send.held_by = verdict, verdict.effect, verdict.rule
        send.policy_id = policy.version_id
        send.risk_marks = risk_marks(send, facts[send.pk])
        send.risk = risk_of(send)
        send.score = score(value_minor=send.value_minor, risk=send.risk, due_at=send.due_at)
    _keep(sends)
    return judged


JUDGED = """
    update approvals_send s
    set verdict_id = j.verdict, policy_id = j.policy, effect = j.effect, held_by = j.held_by,
        risk_marks = j.risk_marks, risk = j.risk, score = j.score
    from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::jsonb[],
                %s::smallint[], %s::float8[])
         as j(id, verdict, policy, effect, held_by, risk_marks, risk, score)
    where s.id = j.id
"""


def _keep(sends: Sequence[Send]) -> None:
    """Write what was judged, in one statement for all."""
    columns: list[Any] = [
        [send.pk for send in sends],
        [send.verdict_id for send in sends],
        [send.policy_id for send in sends],
        [send.effect for send in sends],
        [send.held_by for send in sends],
        [json.dumps(send.risk_marks) for send in sends],
        [send.risk for send in sends],
        [send.score for send in sends],
    ]
    with connection.cursor() as cursor:
        cursor.execute(JUDGED, columns)


def sentence_of(send: Send) -> str:
    """The standing verdict in one sentence, cut to what a state's reason holds."""
    return verdicts.sentence(send.verdict)[:300] if send.verdict else ""


def risk_marks(send: Send, facts: dict[str, Any]) -> list[str]:
    """What a decider should look at twice, as short codes (labels in ``queries.RISK_MARKS``)."""
    marks = {
        "unsupported_claim": facts["send.unsupported_claims"] > 0,
        "copy_fault": facts["send.copy_blockers"] > 0,
        "copy_warning": facts["send.copy_warnings"] > 0,
        "no_consent": facts.get("contact.consent") == "none",
        "earlier_contact": "contact.days_since_touch" in facts,
        "large": send.value_minor >= WORTH_A_LOOK,
    }
    return [mark for mark, holds in marks.items() if holds]


def risk_of(send: Send) -> Risk:
    if {"unsupported_claim", "copy_fault"} & set(send.risk_marks):
        return Risk.HIGH
    if send.effect == Effect.HOLD or {"large", "copy_warning"} & set(send.risk_marks):
        return Risk.MEDIUM
    return Risk.LOW
