"""What is known about a recipient, gathered for a composer, each value with its source."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from revenue.agents.drafting.brief import Brief, Evidenced, Kind, Sender
from revenue.agents.drafting.names import spoken_name
from revenue.models import Account, Contact, House, Mailbox, MailKind, SourceRecord

V = TypeVar("V", str, int)


def gather_brief(
    *, contact: Contact, kind: MailKind, mailbox: Mailbox, house: House, seed: str, now: datetime
) -> Brief:
    """The brief of one mail. The contact carries its ``account`` with ``brand``."""
    account = contact.account
    records = list(
        SourceRecord.objects.filter(account=account, fields__isnull=False).order_by(
            "-last_seen_at", "id"
        )
    )
    return Brief(
        kind=Kind(kind),
        sender=Sender(name=mailbox.sender_name, company=mailbox.company, label=house.label),
        seed=seed,
        first_name=_of_contact(contact, "name", contact.name.partition(" ")[0]),
        last_name=_of_contact(contact, "name", contact.name.partition(" ")[2]),
        role=_of_contact(contact, "role", contact.role),
        account_name=_named(records, account, spoken_name(account.name)),
        category=_from_account(account, "category", account.category),
        trade=_from_records(records, "account.trade", "trade", account.trade),
        place=_from_records(records, "account.area", "area", account.area),
        city=_from_records(records, "account.city", "city", account.city),
        locations=_from_account(account, "locations", _locations(account)),
        employees=_employees(records, account),
        website=_from_records(records, "account.website", "website", account.website),
        days_since_contact=_since_reply(contact, now=now),
    )


def _locations(account: Account) -> int | None:
    return account.brand.locations if account.brand and account.brand.locations > 1 else None


def _named(records: Sequence[SourceRecord], account: Account, spoken: str) -> Evidenced[str] | None:
    """The spoken name rests on the record that carries the account's full name."""
    return _from_records(records, "account.name", "name", account.name, spoken)


def _from_records(
    records: Sequence[SourceRecord], fact: str, field: str, value: V | None, said: V | None = None
) -> Evidenced[V] | None:
    """A value of the account with the newest record that states it; none states it, no fact."""
    if not value:
        return None
    for record in records:
        if (record.fields or {}).get(field) == value:
            return Evidenced(
                value=said or value,
                fact=fact,
                source=f"{record.source_id}:{record.record_id}",
                field=field,
                as_of=record.last_seen_at.date(),
            )
    return None


def _from_account(account: Account, field: str, value: V | None) -> Evidenced[V] | None:
    """A value that we derived ourselves; its source is the account as it stands."""
    if not value:
        return None
    return Evidenced(
        value=value,
        fact=f"account.{field}",
        source=f"account:{account.pk}",
        field=field,
        as_of=account.changed_at.date(),
    )


def _employees(records: Sequence[SourceRecord], account: Account) -> Evidenced[int] | None:
    total = (account.employees_full_time or 0) + (account.employees_part_time or 0)
    stated = _from_records(
        records, "account.employees", "employees_full_time", account.employees_full_time, total
    )
    return stated if stated and account.employees_part_time is not None else None


def _of_contact(contact: Contact, field: str, value: str) -> Evidenced[str] | None:
    if not value.strip():
        return None
    return Evidenced(
        value=value.strip(),
        fact=f"contact.{field}",
        source=f"contact:{contact.pk}",
        field=field,
        as_of=contact.added_at.date(),
    )


def _since_reply(contact: Contact, *, now: datetime) -> Evidenced[int] | None:
    if contact.last_reply_at is None:
        return None
    return Evidenced(
        value=(now - contact.last_reply_at).days,
        fact="contact.days_since_reply",
        source=f"contact:{contact.pk}",
        field="last_reply_at",
        as_of=now.date(),
    )
