"""Planting a fault in a mail that waits for a person, and telling of it once it is decided.

A planted text is a revision of its own that no send may be approved, and no attempt made, with:
constraints hold that. The real text, which the policy judged, comes back with the decision.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from random import Random, SystemRandom
from typing import Any

from django.db import transaction
from django.db.models import Manager, Max

from approvals.hashing import content_hash
from approvals.models import Decision, PlantedFault, Revision, SeededDefect, Send
from approvals.planting import Others, Planted, Recipient, plant
from revenue import ledger
from revenue.actors import Actor
from revenue.agents.drafting.claims import Claim
from revenue.agents.drafting.names import spoken_name, spoken_place
from revenue.models import Account, Contact

GRACE = 20
"""Decisions by people before which nothing is planted, and a person's own that do not count yet."""
LOOKED_AT = 20
"""Accounts and contacts from which a fault may borrow a name or a place."""

_chance = SystemRandom()


@transaction.atomic
def seed(*, send: Send, share: float, now: datetime) -> SeededDefect | None:
    """Plant a fault in a share of the mails that come up for a person; ``send`` is pending.

    Chance decides before anybody looks at the content: which mail, and which fault. None is
    planted where none fits, nor before people have decided ``GRACE`` mails.
    """
    if _chance.random() >= share or not _past_grace():
        return None
    planted = _planted_in(send, Random(_chance.getrandbits(64)))  # noqa: S311 - its seed is chance
    return _stand(send, planted, now=now) if planted else None


def _past_grace() -> bool:
    by_people = Decision.objects.filter(decided_by__startswith="person:")
    return by_people[:GRACE].count() == GRACE


def _planted_in(send: Send, chance: Random) -> Planted | None:
    real = _text_of(send)
    theirs = Account.objects.filter(pk=send.account_id)
    if send.account.brand_id:
        theirs |= Account.objects.filter(brand_id=send.account.brand_id)
    return plant(
        body=real.body,
        claims=[Claim.from_json(claim) for claim in real.claims],
        recipient=Recipient(
            first_name=send.to_name.partition(" ")[0],
            business=spoken_name(send.account.name),
            places=_places(theirs.values_list("area", "city")),
        ),
        others=_others(send, chance),
        chance=chance,
    )


def _text_of(send: Send) -> Revision:
    assert send.revision is not None  # noqa: S101  # every send is opened with its first revision
    return send.revision


def _others(send: Send, chance: Random) -> Others:
    """Names and places of some other accounts and contacts."""
    accounts = Account.objects.exclude(pk=send.account_id)
    contacts = Contact.objects.exclude(pk=send.contact_id)
    some = accounts.filter(pk__gte=_somewhere(Account.objects, chance)).order_by("pk")
    known = list(some.values_list("name", "area", "city")[:LOOKED_AT])
    people = contacts.filter(pk__gte=_somewhere(Contact.objects, chance)).order_by("pk")
    names = people.values_list("name", flat=True)[:LOOKED_AT]
    return Others(
        first_names=tuple(sorted({name.partition(" ")[0] for name in names} - {""})),
        businesses=tuple(sorted({spoken_name(name) for name, _, _ in known} - {""})),
        places=_places((area, city) for _, area, city in known),
    )


def _somewhere(rows: Manager[Any], chance: Random) -> int:
    """An id by chance after which there are rows to look at."""
    highest = rows.aggregate(highest=Max("pk"))["highest"] or 0
    return chance.randint(1, max(highest - LOOKED_AT, 1))


def _places(pairs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """As registered and as people say them, without repetitions, in a fixed order."""
    named = {place for pair in pairs for place in pair if place}
    return tuple(sorted(named | {spoken_place(place) for place in named}))


def _stand(send: Send, planted: Planted, *, now: datetime) -> SeededDefect:
    """Let the planted text stand, in all but its words like the one that was judged."""
    real = _text_of(send)
    revision = Revision.objects.create(
        send=send,
        number=real.number + 1,
        subject=real.subject,
        body=planted.body,
        footer=real.footer,
        from_name=real.from_name,
        from_address=real.from_address,
        claims=[claim.as_json() for claim in planted.claims],
        faults=real.faults,
        edit_class=real.edit_class,
        planted=True,
        content_hash=content_hash(
            real.from_address, send.to_address, real.subject, planted.body, real.footer
        ),
        written_at=real.written_at,
        written_by=real.written_by,
    )
    send.revision, send.revision_planted = revision, True
    send.save(update_fields=["revision", "revision_planted"])
    return SeededDefect.objects.create(
        send=send,
        revision=revision,
        kind=PlantedFault(planted.kind),
        fragment=planted.fragment,
        original=planted.original,
        planted_at=now,
    )


def tell(
    *,
    send: Send,
    caught: bool,
    by: Actor,
    now: datetime,
    visible_ms: int | None = None,
    decision: Decision | None = None,
) -> SeededDefect:
    """Keep whether the fault was caught, and let the real text stand again for a new decision.

    ``send`` is locked, pending, and its standing text is planted. The ledger hears of the fault
    only now: before, its pages would have told.
    """
    defect = SeededDefect.objects.get(send=send)
    defect.caught, defect.visible_ms = caught, visible_ms
    defect.decided_at, defect.decided_by = now, str(by)
    defect.save(update_fields=["caught", "visible_ms", "decided_at", "decided_by"])
    real = Revision.objects.filter(send=send, planted=False).latest("number")
    send.revision, send.revision_planted, send.round = real, False, send.round + 1
    send.save(update_fields=["revision", "revision_planted", "round"])
    ledger.append(
        kind="seeded.caught" if caught else "seeded.missed",
        subject=f"send:{send.pk}",
        by=by,
        now=now,
        data={
            "fault": defect.kind,
            "decision": decision.pk if decision else None,
            "revision": defect.revision_id,
            "real_revision": real.pk,
        },
    )
    return defect


def told_of(send_id: int) -> SeededDefect | None:
    """The fault that was planted in this send and is known by now."""
    found = SeededDefect.objects.filter(send=send_id, decided_at__isnull=False)
    return found.select_related("revision").first()
