"""The text that is to become the next version of its kind, written by several people.

Each save is a row that is never changed; the latest one of a kind is what is being written now.
Where nobody is writing, the text is that of the active version, and the first save begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from revenue import ledger
from revenue.actors import Actor
from revenue.models import PolicyEdit, PolicyKind, PolicyState, PolicyVersion
from revenue.policies.conditions import PolicyText, parse_policy
from revenue.policies.versions import write_version
from revenue.policies.vocabulary import PolicyKind as Kind

_HASH_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Writing:
    """What is being written: the text, and the latest save if anybody has begun.

    ``number`` counts all saves of the kind, also those of texts that were kept or given up;
    ``last`` is the latest of them. ``base`` is the version that the text began from.
    """

    kind: PolicyKind
    number: int
    text: PolicyText
    last: PolicyEdit | None
    base: PolicyVersion | None
    active: PolicyVersion | None

    @property
    def is_open(self) -> bool:
        """Whether somebody has begun and nobody has kept it or given it up."""
        return self.last is not None and self.last.text is not None

    @property
    def seen(self) -> str:
        """Names this state of the text, for who saves over it."""
        return f"{self.number}-{self.text.content_hash[:_HASH_SHOWN]}"

    @property
    def may_undo(self) -> bool:
        """Whether the latest save can be taken back; a version that was kept stays."""
        return self.last is not None and (self.is_open or self.last.based_on_id is None)


class ChangedMeanwhile(Exception):
    """Somebody else changed the text meanwhile; nothing was saved.

    ``saw`` is the text that the writer had before them, where it can be told; ``now`` what stands.
    """

    def __init__(self, saw: PolicyText | None, now: Writing) -> None:
        super().__init__("Somebody else changed the text meanwhile; nothing was saved.")
        self.saw, self.now = saw, now


class NothingToKeep(Exception):
    """The text says exactly what the active version says, so there is nothing to keep."""


class NothingToUndo(Exception):
    """There is no change that could be taken back."""


def writing(kind: PolicyKind) -> Writing:
    """What is being written of a kind; two queries."""
    last = (
        PolicyEdit.objects.filter(kind=kind).select_related("based_on").order_by("-number").first()
    )
    active = PolicyVersion.objects.filter(kind=kind, state=PolicyState.ACTIVE).first()
    number = last.number if last else 0
    if last is not None and last.text is not None:
        return Writing(kind, number, parse_policy(last.text), last, last.based_on, active)
    text = parse_policy(active.text) if active else _nothing(kind)
    return Writing(kind, number, text, last, active, active)


@transaction.atomic
def save_edit(
    *, kind: PolicyKind, text: PolicyText, seen: str, note: str, by: Actor, now: datetime
) -> Writing:
    """Keep a text as what is being written; one that changes nothing is not saved again.

    ``seen`` is ``Writing.seen`` of the text that the writer had before them: of two who saved
    over the same one only the first is taken. Raises ChangedMeanwhile.
    """
    standing = _as_seen(kind, seen)
    if text == standing.text:
        return standing
    _append(standing, text, base=standing.base, note=note, by=by, now=now)
    return writing(kind)


@transaction.atomic
def start_from(*, version: PolicyVersion, seen: str, by: Actor, now: datetime) -> Writing:
    """Write on from the text of a version, an older one for instance. Raises ChangedMeanwhile."""
    standing = _as_seen(PolicyKind(version.kind), seen)
    text = parse_policy(version.text)
    if text != standing.text:
        note = f"Took the text of version {version.number}."
        _append(standing, text, base=version, note=note, by=by, now=now)
    return writing(standing.kind)


@transaction.atomic
def undo_edit(*, kind: PolicyKind, seen: str, by: Actor, now: datetime) -> Writing:
    """Go back to the text before the latest save, as a save of its own.

    Raises ChangedMeanwhile and NothingToUndo.
    """
    standing = _as_seen(kind, seen)
    if standing.last is None or not standing.may_undo:
        raise NothingToUndo(NothingToUndo.__doc__)
    before = (
        PolicyEdit.objects.filter(kind=kind, number=standing.number - 1)
        .select_related("based_on")
        .first()
    )
    text = parse_policy(before.text) if before is not None and before.text is not None else None
    base = before.based_on if before is not None and text is not None else None
    note = f"Undid: {standing.last.note}"
    _append(standing, text, base=base, note=note, by=by, now=now)
    return writing(kind)


@transaction.atomic
def keep_as_version(*, kind: PolicyKind, seen: str, by: Actor, now: datetime) -> PolicyVersion:
    """Keep the text as the next version, a draft. Raises ChangedMeanwhile and NothingToKeep."""
    standing = _as_seen(kind, seen)
    same = standing.active is not None and standing.text == parse_policy(standing.active.text)
    if not standing.is_open or same:
        raise NothingToKeep(NothingToKeep.__doc__)
    version = write_version(text=standing.text, by=by, now=now, based_on=standing.base)
    note = f"Kept as version {version.number}."
    _append(standing, None, base=version, note=note, by=by, now=now)
    return version


@transaction.atomic
def give_up(*, kind: PolicyKind, seen: str, by: Actor, now: datetime) -> None:
    """Leave the text; it can be taken back. Raises ChangedMeanwhile and NothingToUndo."""
    standing = _as_seen(kind, seen)
    if not standing.is_open:
        raise NothingToUndo(NothingToUndo.__doc__)
    _append(standing, None, base=None, note="Gave the text up.", by=by, now=now)


def _as_seen(kind: PolicyKind, seen: str) -> Writing:
    standing = writing(kind)
    if standing.seen != seen:
        raise ChangedMeanwhile(_text_seen(kind, seen), standing)
    return standing


def _append(
    standing: Writing,
    text: PolicyText | None,
    *,
    base: PolicyVersion | None,
    note: str,
    by: Actor,
    now: datetime,
) -> None:
    """Write the next row; who comes second at the same moment is told what the first wrote."""
    try:
        with transaction.atomic():
            PolicyEdit.objects.create(
                kind=standing.kind,
                number=standing.number + 1,
                text=None if text is None else text.to_json(),
                based_on=base,
                note=note[:300],
                saved_at=now,
                saved_by=str(by),
            )
    except IntegrityError:
        raise ChangedMeanwhile(standing.text, writing(standing.kind)) from None
    ledger.append(
        kind="policy.edited" if text is not None else "policy.edit_closed",
        subject=f"policy_text:{standing.kind}",
        by=by,
        now=now,
        data={
            "edit": standing.number + 1,
            "content_hash": text.content_hash if text is not None else None,
            "note": note[:300],
        },
    )


def _text_seen(kind: PolicyKind, seen: str) -> PolicyText | None:
    """The text of which ``seen`` is the name, if it is one."""
    number, _, beginning = seen.partition("-")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return None
    row = PolicyEdit.objects.filter(kind=kind, number=int(number)).first()
    if row is not None and row.text is not None:
        return parse_policy(row.text)
    version = (
        PolicyVersion.objects.filter(
            kind=kind, content_hash__startswith=beginning, published_at__isnull=False
        )
        .order_by("-number")
        .first()
        if len(beginning) == _HASH_SHOWN and beginning.isalnum()
        else None
    )
    return parse_policy(version.text) if version else None


def _nothing(kind: PolicyKind) -> PolicyText:
    return PolicyText(kind=Kind(kind.value), title=str(kind.label), rules=())
