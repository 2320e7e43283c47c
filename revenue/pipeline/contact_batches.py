"""A batch of contact rows: each finds its account, then goes in or updates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.db.models.functions import Lower

from revenue import ledger
from revenue.actors import Actor
from revenue.models import Account, Contact, ImportRun, Source, SourceRecord
from revenue.pipeline.columns import Note
from revenue.pipeline.contact_rows import AccountReference, ContactNormaliser, ContactRecord
from revenue.pipeline.contacts import placed
from revenue.pipeline.outcomes import Outcome, normalise_rows
from revenue.pipeline.reading import Row, RowError
from revenue.pipeline.texts import fold

Line = tuple[int, ContactRecord]
Known = dict[tuple[int, str], Contact]
"""Contacts by account and address in lower case."""


def store_contact_rows(
    rows: Sequence[Row | RowError],
    *,
    run: ImportRun,
    source: Source,
    normalise: ContactNormaliser,
    now: datetime,
) -> Outcome:
    """Store one batch in the caller's transaction; a dry run only says what would happen.

    A contact is known by its account and its address. A row that is given twice in one batch is
    refused the second time; in a later batch it finds itself unchanged.
    """
    outcome = Outcome()
    good = normalise_rows(
        rows, normalise, lambda record: (record.account, record.email.lower()), outcome
    )
    found = _accounts_of({record.account for _, record in good})
    settled: list[tuple[int, ContactRecord, Account]] = []
    for line, record in good:
        account = found.get(record.account, Note("", "no account has this name and place", ""))
        if isinstance(account, Note):
            outcome.refuse(line, account)
        else:
            settled.append((line, record, account))
    known = _known({account.pk for _, _, account in settled}, settled)
    _store(settled, known, run=run, source=source, now=now, outcome=outcome)
    return outcome


def _accounts_of(
    references: Iterable[AccountReference],
) -> dict[AccountReference, Account | Note]:
    by_record = {item for item in references if item.record_id}
    by_name = {item for item in references if not item.record_id}
    return {**_by_record(by_record), **_by_name(by_name)}


def _by_record(references: set[AccountReference]) -> dict[AccountReference, Account | Note]:
    """Accounts by a source's record; without a source the record id must be in one source only."""
    ids = [item.record_id for item in references]
    records: defaultdict[str, dict[str, Account]] = defaultdict(dict)
    for record in SourceRecord.objects.filter(record_id__in=ids).select_related("account"):
        records[record.record_id][record.source_id] = record.account
    found: dict[AccountReference, Account | Note] = {}
    for item in references:
        sources = records.get(item.record_id, {})
        if item.source:
            account = sources.get(item.source)
        else:
            account = next(iter(sources.values())) if len(sources) == 1 else None
        fault = "several sources have this record id" if len(sources) > 1 else "no such record"
        found[item] = account or Note("", f"the account is not known: {fault}", item.record_id)
    return found


def _by_name(references: set[AccountReference]) -> dict[AccountReference, Account | Note]:
    names = [item.name for item in references]
    accounts: defaultdict[str, list[Account]] = defaultdict(list)
    for account in Account.objects.filter(name_key__in=names, merged_into__isnull=True):
        accounts[account.name_key].append(account)
    found: dict[AccountReference, Account | Note] = {}
    for item in references:
        fitting = [account for account in accounts[item.name] if _lies_in(account, item.place)]
        if len(fitting) == 1:
            found[item] = fitting[0]
        elif fitting:
            reason = f"{len(fitting)} accounts have this name; the place does not tell them apart"
            found[item] = Note("", reason, "")
    return found


def _lies_in(account: Account, place: str) -> bool:
    """Whether a folded place is the account's city, area, postcode or street, or a list of such."""
    own = {fold(text) for text in (account.city, account.area, account.postcode, account.street)}
    return all(part.strip() in own for part in place.split(",") if part.strip())


def _known(accounts: set[int], rows: Sequence[tuple[int, ContactRecord, Account]]) -> Known:
    emails = {record.email.lower() for _, record, _ in rows}
    contacts = Contact.objects.annotate(lower=Lower("email")).filter(
        Q(account_id__in=accounts) & Q(lower__in=emails)
    )
    return {(contact.account_id, contact.email.lower()): contact for contact in contacts}


def _store(
    rows: Sequence[tuple[int, ContactRecord, Account]],
    known: Known,
    *,
    run: ImportRun,
    source: Source,
    now: datetime,
    outcome: Outcome,
) -> None:
    new: dict[tuple[int, str], Contact] = {}
    changed: list[tuple[Contact, list[str]]] = []
    for line, record, account in rows:
        key = (account.pk, record.email.lower())
        if key in new:
            outcome.refuse(line, Note("", "another row gives this address to this account", ""))
            continue
        contact = known.get(key)
        if contact is None:
            outcome.created += 1
            outcome.sample("created", line=line, account=account.pk)
            new[key] = Contact(
                account=account,
                source=source,
                record_id=record.record_id,
                added_at=now,
                added_by=run.started_by,
                **placed(record.values, account, year=now.year),
            )
        elif names := _change(contact, record.values):
            outcome.changed += 1
            outcome.sample("changed", line=line, account=account.pk, changes=names)
            changed.append((contact, names))
        else:
            outcome.unchanged += 1
    if not run.dry_run:
        _write(list(new.values()), changed, run=run, now=now)


def _change(contact: Contact, values: dict[str, Any]) -> list[str]:
    """Set what a row states otherwise; return the names. The address itself stays as it was."""
    names = sorted(
        name
        for name, value in values.items()
        if name != "email" and getattr(contact, name) != value
    )
    for name in names:
        setattr(contact, name, values[name])
    return names


def _write(
    new: Sequence[Contact],
    changed: Sequence[tuple[Contact, list[str]]],
    *,
    run: ImportRun,
    now: datetime,
) -> None:
    by = Actor.parse(run.started_by)
    Contact.objects.bulk_create(new)
    if fields := sorted({name for _, names in changed for name in names}):
        Contact.objects.bulk_update([contact for contact, _ in changed], fields, batch_size=500)
    ledger.append_many(
        kind="contact.added",
        by=by,
        now=now,
        about=[
            (f"contact:{contact.pk}", {"account": contact.account_id, "import": run.pk})
            for contact in new
        ],
    )
    ledger.append_many(
        kind="contact.changed",
        by=by,
        now=now,
        about=[
            (f"contact:{contact.pk}", {"import": run.pk, "changes": names})
            for contact, names in changed
        ],
    )
