"""Changing a person at an account by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from revenue import ledger
from revenue.actors import Actor
from revenue.models import Consent, Contact, LegalForm
from revenue.pipeline.contact_rows import read_contact
from revenue.pipeline.contacts import InvalidContactError, KnownContactError, placed
from revenue.pipeline.texts import clean

CHANGEABLE = (
    "email", "name", "role", "time_zone", "country", "region", "consent", "legal_form",
    "published_url", "published_on", "published_excerpt", "no_solicitation",
)  # fmt: skip
_EMPTY: dict[str, Any] = {
    **dict.fromkeys(CHANGEABLE, ""),
    "consent": Consent.NONE.value,
    "legal_form": LegalForm.UNKNOWN.value,
    "published_on": None,
    "no_solicitation": None,
}


@transaction.atomic
def change_contact(
    *, contact: Contact, fields: Mapping[str, str], by: Actor, now: datetime
) -> list[str]:
    """Give a contact the values of a form and return the names of those that changed.

    ``fields`` are all of ``CHANGEABLE`` as text; what is empty there is emptied, except that
    country, region and time zone then come from the account. The ledger keeps the names only,
    since it keeps them for ever. Raises InvalidContactError and KnownContactError.
    """
    text = {field: clean(value) for field, value in fields.items()}
    read, notes = read_contact(text)
    if notes:
        raise InvalidContactError({note.column: note.reason for note in reversed(notes)})
    row = Contact.objects.select_for_update(of=("self",)).select_related("account")
    stored = row.get(pk=contact.pk)
    values = placed({**_EMPTY, **read}, stored.account, year=now.year)
    changed = sorted(name for name in CHANGEABLE if getattr(stored, name) != values[name])
    if not changed:
        return []
    for name in changed:
        setattr(stored, name, values[name])
    try:
        with transaction.atomic():
            stored.save(update_fields=changed)
    except IntegrityError:
        raise KnownContactError(KnownContactError.__doc__) from None
    ledger.append(
        kind="contact.changed",
        subject=f"contact:{stored.pk}",
        by=by,
        now=now,
        data={"account": stored.account_id, "changes": changed},
    )
    return changed
