"""People at accounts, added by hand or by a list. The ledger names them by number only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from revenue import ledger
from revenue.actors import Actor
from revenue.models import Account, Contact
from revenue.pipeline.contact_rows import read_contact, zone_of
from revenue.pipeline.texts import clean


class InvalidContactError(ValueError):
    """The values can't be taken; ``faults`` gives the reason for each field."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {reason}" for field, reason in faults.items()))
        self.faults = dict(faults)


class KnownContactError(ValueError):
    """The account has a contact with this address."""


@transaction.atomic
def add_contact(
    *, account: Account, fields: Mapping[str, str], by: Actor, now: datetime
) -> Contact:
    """Add one person from a form; ``fields`` are ``mappings.CONTACT_FIELDS`` as text.

    Country, region and time zone come from the account where the form leaves them out. Raises
    InvalidContactError and KnownContactError.
    """
    text = {field: clean(value) for field, value in fields.items()}
    values, notes = read_contact(text)
    if notes:
        raise InvalidContactError({note.column: note.reason for note in reversed(notes)})
    values = placed(values, account, year=now.year)
    try:
        with transaction.atomic():
            contact = Contact.objects.create(
                account=account, added_at=now, added_by=str(by), **values
            )
    except IntegrityError:
        raise KnownContactError(KnownContactError.__doc__) from None
    ledger.append(
        kind="contact.added",
        subject=f"contact:{contact.pk}",
        by=by,
        now=now,
        data={"account": account.pk},
    )
    return contact


def placed(values: Mapping[str, object], account: Account, *, year: int) -> dict[str, object]:
    """The values of a new contact with the place of its account where they state none."""
    country = str(values.get("country") or account.country)
    region = str(values.get("region") or (account.region if country == account.country else ""))
    zone = str(values.get("time_zone") or zone_of(country, region, year))
    return {**values, "country": country, "region": region, "time_zone": zone}
