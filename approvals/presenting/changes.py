"""Change requests as their pages show them: what changes, in words, and what the reader may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from django.urls import reverse

from approvals.certificates import Subject
from approvals.changes import queries
from approvals.changes.deciding import deciders
from approvals.loosening import freed_by
from approvals.models import OPEN_CHANGES, ChangeKind, ChangeRequest, ChangeState
from approvals.presenting.audits import Figures, audits_url, kept_figures
from approvals.presenting.evidence import evidence_lines
from approvals.presenting.item import Reader
from revenue.actors import Actor
from revenue.agents import authority
from revenue.agents.authority import Grant
from revenue.models import Action, House, Level, PolicyVersion, Seat, Segment
from revenue.policies.checking import shown_proof
from revenue.policies.conditions import parse_policy
from revenue.policies.differing import differences
from revenue.web.words import say_date, say_money

MOVES = {
    "newly_allowed": "Newly allowed",
    "newly_held": "Newly held",
    "newly_denied": "Newly denied",
    "unchanged": "Unchanged",
}


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that a grant says, as it is now and as it would be."""

    label: str
    before: str
    after: str

    @property
    def differs(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class KeptBacktest:
    """A backtest as it was written down; ``asked_at`` is None where there was none.

    ``moves``: labels with how many of the ``asked`` verdicts; ``under_way`` says how far it was
    where it had not come to its end.
    """

    key: str
    title: str
    asked_at: datetime | None = None
    asked: int = 0
    under_way: str = ""
    moves: tuple[tuple[str, int], ...] = ()


def shown_changes(*, reader: Reader, after: str) -> dict[str, Any]:
    """What waits for the reader, for others, for its time; what was decided. Two statements."""
    rows = [] if after else [_row(row) for row in queries.open_changes()]
    mine = [row for row in rows if row["proposed_by"] == str(reader.actor)]
    past = queries.decided_changes(after=after)
    more = reverse("approvals:changes", query={"after": past.after}) if past.after else ""
    return {
        "for_you": [row for row in rows if row not in mine],
        "for_others": [row for row in mine if row["state"] == ChangeState.WAITING],
        "scheduled": [row for row in mine if row["state"] == ChangeState.SCHEDULED],
        "decided": [_row(row) for row in past.rows],
        "more_url": more,
        "newest_url": reverse("approvals:changes") if after else "",
    }


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "url": reverse("approvals:change", args=[row["id"]]),
        "state_words": ChangeState(row["state"]).label,
        "effect": _effect(row["kind"], loosens=row["loosens"]),
    }


def _effect(kind: str, *, loosens: bool | None) -> str:
    if kind == ChangeKind.GRANT:
        return "A seat may do more alone"
    return "Lets more through" if loosens else "Lets nothing more through"


def shown_change(change: ChangeRequest, *, reader: Reader, now: datetime) -> dict[str, Any]:
    """The context of ``approvals/change.html``."""
    about = (
        _of_policy(change)
        if change.kind == ChangeKind.POLICY
        else _of_grant(change, zone=reader.zone, now=now)
    )
    return {
        "change": change,
        "effect": _effect(change.kind, loosens=change.policy.loosens if change.policy else None),
        "is_open": change.state in OPEN_CHANGES,
        **about,
        **_rights(change, reader),
    }


def _rights(change: ChangeRequest, reader: Reader) -> dict[str, Any]:
    """What this reader may do about it, and who else may."""
    is_open = change.state in OPEN_CHANGES
    mine = change.proposed_by == str(reader.actor)
    others = deciders(besides=Actor.parse(change.proposed_by)) if is_open else []
    return {
        "mine": mine,
        "may_decide": is_open and not mine,
        "may_withdraw": is_open and mine,
        "may_go_alone": change.state == ChangeState.WAITING and mine and not others,
        "others": [person.display_name for person in others],
    }


def _of_policy(change: ChangeRequest) -> dict[str, Any]:
    version = change.policy
    assert version is not None  # noqa: S101  # a constraint holds it
    old = version.compared_with
    return {
        "version": version,
        "compared_with": old,
        "differences": _differences(old, version),
        "proof": shown_proof(version),
        "backtests": _backtests(change),
        "freed": freed_by(version),
    }


def _differences(old: PolicyVersion | None, new: PolicyVersion) -> Any:
    return differences(parse_policy(old.text), parse_policy(new.text)) if old else ()


def _backtests(change: ChangeRequest) -> list[KeptBacktest]:
    """How it stood when it was decided, if that has come, and when it was proposed."""
    kept = []
    if "backtest_decided" in change.evidence:
        standing = change.evidence["backtest_decided"]
        kept.append(_kept("decided", "When it was decided", standing))
    return [*kept, _kept("proposed", "When it was proposed", change.evidence.get("backtest"))]


def _kept(key: str, title: str, standing: dict[str, Any] | None) -> KeptBacktest:
    if standing is None:
        return KeptBacktest(key, title)
    return KeptBacktest(
        key,
        title,
        asked_at=datetime.fromisoformat(standing["asked_at"]),
        asked=standing["asked"],
        under_way=""
        if standing["finished"]
        else f"{standing['done']:,} of {standing['parts']:,} parts were done",
        moves=tuple((label, standing["sums"].get(move, 0)) for move, label in MOVES.items()),
    )


def _of_grant(change: ChangeRequest, *, zone: tzinfo, now: datetime) -> dict[str, Any]:
    grant = Grant.from_json(change.grant or {})
    standing = (
        authority.valid(now=now)
        .filter(seat=grant.seat, action=grant.action, segment=grant.segment)
        .first()
    )
    before = (
        Grant(
            grant.seat, grant.action, standing.level, grant.segment, standing.max_value_minor,
            standing.per_day, standing.valid_until,
        )
        if standing
        else None
    )  # fmt: skip
    return {
        "seat": Seat.objects.select_related("person").get(pk=grant.seat),
        "action": Action.objects.get(pk=grant.action),
        "segment": Segment.objects.get(pk=grant.segment),
        "grant": grant,
        "terms": _terms(before, grant, zone=zone, now=now),
        "evidence": evidence_lines(change.evidence),
        "figures": _figures(change, grant),
    }


def _figures(change: ChangeRequest, grant: Grant) -> Figures | None:
    """What the audits had come to when it was asked for, each figure with its mails."""
    found = change.evidence.get("certificate")
    if not found:
        return None
    subject = Subject(grant.seat, grant.action, grant.segment)
    return kept_figures(found, audits_url(subject, change=change.pk))


def _terms(before: Grant | None, after: Grant, *, zone: tzinfo, now: datetime) -> list[Term]:
    currency = House.objects.values_list("currency", flat=True).get(pk=1)

    def words(grant: Grant | None) -> list[str]:
        if grant is None:
            return ["as for everything else", "", "", ""]
        value, until = grant.max_value_minor, grant.valid_until
        today = now.astimezone(zone).date()
        return [
            f"{grant.level}: {Level(grant.level).label}",
            f"up to {say_money(value, currency)}" if value is not None else "any",
            f"{grant.per_day} a day" if grant.per_day is not None else "no limit",
            f"until {say_date(until.astimezone(zone).date(), today=today)}" if until else "no end",
        ]

    labels = ("Level", "Value of the deal", "How many", "Valid")
    return [
        Term(label, was, will)
        for label, was, will in zip(labels, words(before), words(after), strict=True)
    ]
