"""Whom nobody writes to: addresses, domains and accounts, looked up by keyed digest.

An entry outlives the deletion of its plain text: the digest goes on matching. A suppressed domain
covers its subdomains, and a suppressed address its variants with a ``+tag``.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils.encoding import punycode

from revenue import ledger
from revenue.actors import Actor
from revenue.models import LedgerEvent, Suppression, SuppressionKind, SuppressionReason

LONGEST_VALUE = 254
NOT_IN_A_VALUE = re.compile('[\\s\x00-\x20\x7f-\xa0\ufffd"<>,;:]')
DOMAIN = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+")
# Whatever mail can be sent to must be suppressible, a host without a dot or a number included.
HOST = re.compile(rf"{DOMAIN.pattern}|[a-z0-9_-]+|\[[0-9.]+\]")


class NotSuppressible(ValueError):
    """This is no address, domain or account number."""


class NeedsReason(ValueError):
    """Lifting a suppression needs a reason."""


class NotActive(Exception):
    """There is no such entry, or it has been lifted already."""


@dataclass(frozen=True, slots=True)
class Suppressed:
    """The entry that forbids a mail."""

    suppression_id: int
    kind: SuppressionKind
    reason: SuppressionReason

    @property
    def unsubscribed(self) -> bool:
        return self.reason == SuppressionReason.UNSUBSCRIBED


# Values ------------------------------------------------------------------------------------------


def normalise(kind: SuppressionKind, value: str) -> str:
    """The one form in which a value is stored and digested; raises NotSuppressible."""
    value = unicodedata.normalize("NFC", value.strip())
    if kind == SuppressionKind.ACCOUNT:
        if not re.fullmatch("[1-9][0-9]{0,18}", value, re.ASCII):
            raise NotSuppressible("This is not the number of an account.")
        return value
    if NOT_IN_A_VALUE.search(value):
        raise NotSuppressible(f"This can't be the {kind.label.lower()} of anybody.")
    if kind == SuppressionKind.DOMAIN:
        return _domain(value.removeprefix("*.").removeprefix("@"), DOMAIN)
    local, _, domain = value.rpartition("@")
    address = f"{local.lower()}@{_domain(domain, HOST)}"
    if not local or "@" in local or len(address) > LONGEST_VALUE:
        raise NotSuppressible("This is not an address.")
    return address


def _domain(value: str, form: re.Pattern[str]) -> str:
    try:
        domain = punycode(value.lower().rstrip("."))
    except UnicodeError:
        domain = ""
    if not form.fullmatch(domain) or len(domain) > LONGEST_VALUE:
        raise NotSuppressible("This is not a domain.")
    return domain


def digest_of(kind: SuppressionKind, value: str, *, key: str) -> str:
    """HMAC-SHA256, hex, of a normalised value; another kind gives another digest."""
    return hmac.digest(key.encode(), f"{kind}:{value}".encode(), "sha256").hex()


def digests_for(address: str, account_id: int | None, *, key: str) -> frozenset[str]:
    """The digests of every entry that would forbid a mail to this address and account.

    Never raises: an address that can't be normalised is looked up as it is.
    """
    try:
        address = normalise(SuppressionKind.ADDRESS, address)
    except NotSuppressible:
        address = address.strip().lower()
    local, _, domain = address.rpartition("@")
    values = [
        (SuppressionKind.ADDRESS, address),
        (SuppressionKind.ADDRESS, f"{local.partition('+')[0]}@{domain}"),
        *((SuppressionKind.DOMAIN, parent) for parent in _with_parents(domain)),
    ]
    if account_id is not None:
        values.append((SuppressionKind.ACCOUNT, str(account_id)))
    return frozenset(digest_of(kind, value, key=key) for kind, value in values)


def _with_parents(domain: str) -> list[str]:
    """``a.b.example.com`` and its parents, down to two labels."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(max(len(labels) - 1, 1))]


# Reading -----------------------------------------------------------------------------------------


def suppressed_among(
    recipients: Iterable[tuple[str, int | None]], *, key: str
) -> dict[tuple[str, int | None], Suppressed]:
    """The forbidden ones of these (address, account id) pairs, and by which entry; one query.

    An unsubscription is named before other reasons. Written out: it is asked with every decision,
    and to put it together takes the ORM as long as all else about it.
    """
    wanted = {pair: digests_for(*pair, key=key) for pair in recipients}
    digests = set().union(*wanted.values())
    with connection.cursor() as cursor:
        cursor.execute(_ACTIVE, [SuppressionKind.values, list(digests)])
        entries = {
            digest: Suppressed(pk, SuppressionKind(kind), SuppressionReason(reason))
            for digest, pk, kind, reason in cursor.fetchall()
        }
    found = {
        pair: [entries[digest] for digest in digests if digest in entries]
        for pair, digests in wanted.items()
    }
    return {
        pair: min(matches, key=lambda entry: (not entry.unsubscribed, entry.suppression_id))
        for pair, matches in found.items()
        if matches
    }


# By kind too, as the index is.
_ACTIVE = """
    select digest, id, kind, reason from revenue_suppression
    where lifted_at is null and kind = any(%s) and digest = any(%s)
"""


def is_suppressed(*, address: str, account_id: int | None, key: str) -> bool:
    """Whether any entry forbids a mail to this address at this account."""
    return bool(suppressed_among([(address, account_id)], key=key))


# Writing -----------------------------------------------------------------------------------------


@transaction.atomic
def suppress(
    *,
    kind: SuppressionKind,
    value: str,
    reason: SuppressionReason,
    by: Actor,
    now: datetime,
    note: str = "",
) -> Suppression:
    """Forbid mail to an address, domain or account; raises NotSuppressible.

    An entry that is active already stays as it is; each further reason is recorded once.
    """
    value = normalise(kind, value)
    digest = digest_of(kind, value, key=settings.SUPPRESSION_KEY)
    active = Suppression.objects.filter(kind=kind, digest=digest, lifted_at=None)
    existing = active.first()
    if existing is not None:
        _record_repeated(existing, reason, by=by, now=now)
        return existing
    try:
        with transaction.atomic():
            entry = Suppression.objects.create(
                kind=kind,
                digest=digest,
                value=value,
                reason=reason,
                note=note[:300],
                suppressed_at=now,
                suppressed_by=str(by),
            )
    except IntegrityError:  # somebody else was faster
        return active.get()
    record_added([entry], by=by, now=now)
    return entry


def _record_repeated(
    entry: Suppression, reason: SuppressionReason, *, by: Actor, now: datetime
) -> None:
    if reason == entry.reason:
        return
    subject = f"suppression:{entry.pk}"
    # Whoever has the link may post as often as they like: of two at once only one writes.
    Suppression.objects.select_for_update(no_key=True).get(pk=entry.pk)
    known = LedgerEvent.objects.filter(
        subject=subject, kind="suppression.repeated", data__reason=reason
    )
    if not known.exists():
        ledger.append(
            kind="suppression.repeated", subject=subject, by=by, now=now, data={"reason": reason}
        )


def record_added(entries: Sequence[Suppression], *, by: Actor, now: datetime) -> None:
    """Write the ledger events of new entries; they hold no address, since the ledger keeps all."""
    ledger.append_many(
        kind="suppression.added",
        by=by,
        now=now,
        about=[
            (f"suppression:{entry.pk}", {"kind": entry.kind, "reason": entry.reason})
            for entry in entries
        ],
    )


@transaction.atomic
def lift(*, suppression_id: int, reason: str, by: Actor, now: datetime) -> Suppression:
    """Allow mail again; raises NeedsReason, or NotActive if it is lifted already."""
    reason = reason.strip()[:300]
    if not reason:
        raise NeedsReason(NeedsReason.__doc__)
    lifted = Suppression.objects.filter(pk=suppression_id, lifted_at=None).update(
        lifted_at=now, lifted_by=str(by), lift_reason=reason
    )
    if not lifted:
        raise NotActive(NotActive.__doc__)
    ledger.append(
        kind="suppression.lifted",
        subject=f"suppression:{suppression_id}",
        by=by,
        now=now,
        data={"reason": reason},
    )
    return Suppression.objects.get(pk=suppression_id)


@transaction.atomic
def forget(*, kind: SuppressionKind, value: str, by: Actor, now: datetime) -> int:
    """Delete the plain text of a value from all its entries; they go on forbidding mail.

    Returns how many entries still held it. Raises NotSuppressible.
    """
    digest = digest_of(kind, normalise(kind, value), key=settings.SUPPRESSION_KEY)
    named = Suppression.objects.filter(kind=kind, digest=digest, value__isnull=False)
    ids = list(named.select_for_update().order_by("pk").values_list("pk", flat=True))
    Suppression.objects.filter(pk__in=ids).update(value=None, note="")
    ledger.append_many(
        kind="suppression.forgotten",
        by=by,
        now=now,
        about=[(f"suppression:{pk}", {}) for pk in ids],
    )
    return len(ids)
