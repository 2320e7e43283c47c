"""A house with rows on every page: long names, right-to-left text, markup, faults, every state."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from approvals.bulk import carry_out, order_bulk
from approvals.changes.deciding import decide_change
from approvals.changes.proposing import propose_grant, propose_policy
from approvals.deciding import Ruling, decide
from approvals.models import Bulk, Choice, RejectReason, Send, SendState
from revenue import ledger
from revenue.actors import Actor
from revenue.agents import killswitch
from revenue.connectors.local_mailbox import new_key
from revenue.conversation.suppression import suppress
from revenue.models import (
    Account,
    ColumnMapping,
    Contact,
    DoubtfulPair,
    PolicyVersion,
    Source,
    SourceRecord,
    SuppressionKind,
    SuppressionReason,
    SwitchScope,
    User,
    Verdict,
)
from revenue.pipeline.importing import advance_import, start_import
from revenue.pipeline.reviewing import object_to_verdict
from revenue.pipeline.screening import screen_due
from revenue.policies.backtesting import advance, order_backtest
from revenue.policies.conditions import parse_policy
from revenue.policies.shadowing import start_shadow
from revenue.policies.versions import keep_proof, write_version
from tests.approvals.changes.proposals import GRANT, checked, without_rule
from tests.approvals.granting import granted, opened
from tests.approvals.planted import past_grace, plant_all, planted_send
from tests.approvals.waiting import waiting_send, with_text
from tests.support.rows import (
    installed,
    make_account,
    make_contact,
    make_draft,
    make_relationship,
    make_send,
)

LONG = "Fraser Valley Integrated Physiotherapy, Massage and Naturopathic Wellness Collective " * 2
UNBROKEN = "Physiotherapiegemeinschaftspraxisverwaltungsgesellschaft" * 2
HEBREW = "מרפאת הנמל לפיזיותרפיה"
MARKUP = '<script>alert("x")</script><b>Clinic'
NAMES = (LONG.strip(), UNBROKEN, HEBREW, MARKUP, "Harbour Physio")

ACCOUNTS = f"""record_id,name,trade,phone,street,city,region,postcode,country
r1,"{LONG.strip()}",physiotherapy,604-534-5114,20505 Fraser Hwy,Langley,BC,V3A 4G3,CA
r2,Zen Salon,massage,call us,12 Main St,Langley,BC,V3A 4G4,CA
r3,{HEBREW},physiotherapy,604-534-5115,14 Main St,Langley,BC,V3A 4G5,CA
r4,Molar Dental,dental,604-534-5116,16 Main St,Langley,BC,V3A 4G6,CA
r5,,physiotherapy,604-534-5117,{UNBROKEN},Langley,BC,V3A 4G7,CA
,Nameless,physiotherapy,604-534-5118,20 Main St,Langley,BC,V3A 4G8,CA
r2,Zen Salon again,massage,604-534-5119,22 Main St,Langley,BC,V3A 4G9,CA
"""


def furnish(folder: Path, *, by: User, now: datetime) -> dict[str, int | str]:
    """Fill the house and its mailbox; the keys of rows by what they are, of sends by state."""
    installed(now=now)
    actor = Actor.person(by)
    found: dict[str, int | str] = {"look": load(actor, now=now, dry_run=True)}
    found["candidate"] = in_shadow(actor, now=now)
    found["run"] = load(actor, now=now)
    found |= sends(actor, now=now)
    doubtful_pair(now=now)
    Account.objects.update(screened_at=None)
    screen_due(now=now)
    object_to_one(actor, now=now)
    found |= changes(actor, now=now)
    for kind, value in (
        ("address", "dana@harbour.example"),
        ("domain", f"{UNBROKEN[:60]}.example"),
    ):
        suppress(
            kind=SuppressionKind(kind), value=value, reason=SuppressionReason.ASKED,
            by=actor, now=now, note=HEBREW,
        )  # fmt: skip
    in_hold(now=now)
    killswitch.throw(scope=SwitchScope.SEAT, target="sender", reason=LONG, by=actor, now=now)
    candidate = PolicyVersion.objects.get(kind="send", number=found["candidate"])
    backtest = order_backtest(version=candidate, by=actor, now=now)
    advance(backtest=backtest, deadline=now + timedelta(minutes=1))
    found["mail"] = keep_mail(folder)
    pending = Send.objects.get(pk=found["pending"])
    found |= {
        "contact": pending.contact_id, "mailbox": pending.mailbox_id, "token": pending.token,
        "business": pending.account_id,
    }  # fmt: skip
    found["fact"] = relationships(pending.contact)
    ledger.seal_all()
    return found


def in_hold(*, now: datetime) -> None:
    """Mails that the policy lets go, with hard names, by a grant that took another's place."""
    granted(4, now=now)
    granted(
        3, now=now, per_day=400, max_value_minor=9_999_999_900, evidence={"why": UNBROKEN},
        valid_until=now + timedelta(days=5),
    )  # fmt: skip
    for business in NAMES[:3]:
        opened(make_draft(make_contact(make_account(name=business), name=business[:60])), now=now)


def relationships(contact: Contact) -> int:
    """What holds with the business of a mail that waits, and what was replaced; one to replace."""
    account = contact.account
    older = make_relationship(account, statement=LONG[:300], source=UNBROKEN, contact=contact)
    make_relationship(account, kind="knows_us", statement=HEBREW, source=MARKUP)
    make_relationship(account, kind="pays_late", statement=UNBROKEN, source=LONG[:200])
    newer = make_relationship(
        account, supersedes=older, statement=MARKUP, source=HEBREW, contact=contact
    )
    return newer.pk


def changes(by: Actor, *, now: datetime) -> dict[str, int]:
    """A policy for this person to decide, one of their own, an authority, and one rejected."""
    other = Actor.system("certificates")
    version = checked(without_rule("canada-role"), loosens=True, by=other, now=now)
    asked = propose_policy(version=version, why=f"{LONG} {UNBROKEN}", by=other, now=now)
    own = checked(without_rule("account-touched-lately"), loosens=True, by=by, now=now)
    evidence = {"clean audits": 60, "highest share": 0.048, "note": UNBROKEN}
    granting = propose_grant(grant=GRANT, why=HEBREW, evidence=evidence, by=other, now=now)
    past = propose_grant(
        grant=replace(GRANT, segment="canada"), why="", evidence={}, by=other, now=now
    )
    decide_change(change_id=past.pk, choice="reject", reason=LONG, by=by, now=now)
    return {
        "change": asked.pk,
        "own_change": propose_policy(version=own, why="", by=by, now=now).pk,
        "grant": granting.pk,
        "past_change": past.pk,
    }


def load(by: Actor, *, now: datetime, dry_run: bool = False) -> int:
    """Load the list with its faults; the number of the run."""
    run = start_import(
        file=io.BytesIO(ACCOUNTS.encode()),
        file_name=f"{UNBROKEN}.csv",
        mapping=ColumnMapping.objects.get(pk="accounts"),
        by=by,
        now=now,
        dry_run=dry_run,
    )
    advance_import(run=run, deadline=now + timedelta(minutes=1))
    return run.pk


def in_shadow(by: Actor, *, now: datetime) -> int:
    """Put a version in shadow that allows no mail to Canada; its number."""
    standing = PolicyVersion.objects.get(kind="send")
    text = parse_policy(standing.text)
    rules = tuple(rule for rule in text.rules if rule.id != "canada-allowed")
    version = write_version(
        text=text.model_copy(update={"rules": rules, "title": UNBROKEN}), by=by, now=now
    )
    keep_proof(version=version, compared_with=standing, loosens=False, analysis={}, by=by, now=now)
    start_shadow(version=version, by=by, now=now)
    return version.number


def sends(by: Actor, *, now: datetime) -> dict[str, int]:
    """One send in each state with a hard name, and a bulk order."""
    found: dict[str, int] = {}
    for number, state in enumerate(SendState.values):
        business = NAMES[number % len(NAMES)]
        if state == SendState.PENDING:
            found[state] = pending_ones(by, now=now)
            continue
        draft = make_draft(make_contact(make_account(name=business), name=business[:60]))
        send = make_send(draft, state=SendState(state), now=now)
        Send.objects.filter(pk=send.pk).update(state_reason=f"{business}: said no"[:300])
        found[state] = send.pk
    bulk = ordered(by, [waiting_send(business=name) for name in NAMES[:3]], now=now)
    return found | {"bulk": bulk.pk, "planted": planted_one(by, now=now)}


def planted_one(by: Actor, *, now: datetime) -> int:
    """One whose planted fault was let through."""
    past_grace(by, before=now)
    send = planted_send(now=now, name=UNBROKEN[:60])
    plant_all(0.02)
    decide(
        send_id=send.pk,
        revision_id=send.revision_id or 0,
        ruling=Ruling(choice=Choice.APPROVE, visible_ms=900),
        by=by,
        now=now,
    )
    return send.pk


def pending_ones(by: Actor, *, now: datetime) -> int:
    """Five that wait; the last has been edited into long lines and sent back before."""
    waiting = [waiting_send(business=name, name=name[:80]) for name in NAMES]
    edited = with_text(waiting[0], subject=LONG[:150], body=f"{UNBROKEN}\n\n{HEBREW}\n\n{LONG}")
    decided = waiting_send(business=HEBREW)
    decide(
        send_id=decided.pk,
        revision_id=decided.revision_id or 0,
        ruling=Ruling(choice=Choice.REJECT, reason_code=RejectReason.BAD_TIMING, reason=LONG),
        by=by,
        now=now,
    )
    return edited.pk


def ordered(by: Actor, chosen: list[Send], *, now: datetime) -> Bulk:
    bulk = order_bulk(
        sends=Send.objects.filter(pk__in=[send.pk for send in chosen]),
        excluded=(),
        ruling=Ruling(choice=Choice.APPROVE),
        filters={},
        by=by,
        now=now,
    )
    carry_out(bulk=bulk, now=now)
    return bulk


def object_to_one(by: Actor, *, now: datetime) -> None:
    verdict = Verdict.objects.filter(subject__startswith="account:").latest("id")
    object_to_verdict(verdict=verdict, reason=LONG, by=by, now=now)


def doubtful_pair(*, now: datetime) -> None:
    """A record of another list that is nearly one of our accounts."""
    Source.objects.get_or_create(slug="osm", defaults={"name": "OpenStreetMap"})
    own, other = make_account(name=LONG.strip()), make_account(name=UNBROKEN, street="1 Main St")
    record = SourceRecord.objects.create(
        source_id="osm", account=own, record_id="V-1", content_hash=b"x" * 16,
        fields={"name": own.name, "street": "1 Main Street", "phone": "+16045345114"},
        first_seen_at=now, last_seen_at=now,
    )  # fmt: skip
    DoubtfulPair.objects.create(
        record=record, account=other, why="same address, names 60% alike", score=0.6, found_at=now
    )


def keep_mail(folder: Path) -> str:
    """A mail in the demo's mailbox; its key."""
    content = (
        f"Message-ID: <1@a.example>\r\nFrom: Ana <ana@a.example>\r\nTo: {UNBROKEN}@d.example\r\n"
        f"Subject: {UNBROKEN}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        f"{HEBREW}\r\n{LONG}\r\n{UNBROKEN}\r\n"
    ).encode()
    key = new_key(content)
    (folder / f"{key}.eml").write_bytes(content)
    return key
