"""One seat: what it may do in which part of the mail, on what evidence, and what it once might."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from approvals.certificates import WINDOW, Certificate, Subject, bars, certificates_of
from approvals.expiring import WARNED
from approvals.models import OPEN_CHANGES, ChangeKind, ChangeRequest
from approvals.presenting.audits import Figures, audits_url, kept_url
from approvals.presenting.bounds import bound_bar
from approvals.presenting.evidence import kept_words, percent
from revenue.agents.authority import ALONE, has_run_out, runs_out_at
from revenue.agents.authority import standing as all_standing
from revenue.models import Authority, House, Level, Seat
from revenue.web import words

ENDED = 20


@dataclass(frozen=True, slots=True)
class ShownCertificate:
    """``next_words`` says what is missing for the next level, or that nothing is."""

    found: Certificate
    figures: Figures
    bound: str
    bar: SafeString
    next_words: str


@dataclass(frozen=True, slots=True)
class ShownAuthority:
    """A standing authority; ``limits`` in words; ``kept`` what was known when it was granted,
    and ``kept_url`` the audits of that time; ``ends_because`` says so where it ends soon."""

    row: Authority
    level_words: str
    limits: str
    runs_out_at: datetime | None
    has_run_out: bool
    ends_because: str
    kept: tuple[str, ...]
    kept_url: str
    certificate: ShownCertificate | None


def shown_seat(seat: Seat, *, now: datetime) -> dict[str, Any]:
    """What ``approvals/seat.html`` takes, but for its form; a fixed number of statements."""
    standing = list(
        all_standing()
        .filter(seat=seat)
        .select_related("action", "segment")
        .order_by("action__stage", "action_id", "segment__position")
    )
    ended = (
        Authority.objects.filter(seat=seat, ended_at__isnull=False)
        .select_related("action", "segment")
        .order_by("-ended_at", "-id")[:ENDED]
    )
    found = certificates_of(seat.pk, now=now)
    needed, currency = bars(), House.objects.values_list("currency", flat=True).get(pk=1)
    groups: dict[str, list[ShownAuthority]] = defaultdict(list)
    for row in standing:
        own = found.get((row.action_id, str(row.segment_id)))
        groups[row.action_id].append(_shown(row, own, bars=needed, currency=currency, now=now))
    return {
        "seat": seat,
        "ending": [
            shown for shown_rows in groups.values() for shown in shown_rows if shown.ends_because
        ],
        "actions": [{"action": rows[0].row.action, "rows": rows} for rows in groups.values()],
        "ended": [_shown(row, None, bars=needed, currency=currency, now=now) for row in ended],
        "proposed": list(
            ChangeRequest.objects.filter(
                kind=ChangeKind.GRANT, state__in=OPEN_CHANGES, grant__seat=seat.pk
            ).order_by("-proposed_at", "-id")
        ),
        "levels": [(level.value, level.label) for level in Level],
    }


def _shown(
    row: Authority,
    found: Certificate | None,
    *,
    bars: Mapping[int, float],
    currency: str,
    now: datetime,
) -> ShownAuthority:
    return ShownAuthority(
        row=row,
        level_words=str(Level(row.level).label),
        limits=limits_of(row, currency=currency) if row.level >= ALONE else "",
        runs_out_at=runs_out_at(row),
        has_run_out=has_run_out(row, now=now),
        ends_because=ends_because(row, now=now),
        kept=kept_words(row.evidence),
        kept_url=kept_url(_subject(row), row.evidence, authority_id=row.pk),
        certificate=_certificate(row, found, bars) if found else None,
    )


def _subject(row: Authority) -> Subject:
    return Subject(row.seat_id, row.action_id, str(row.segment_id))


def ends_because(row: Authority, *, now: datetime) -> str:
    """What ends it soon, and what would keep it; "" while nothing does."""
    until = runs_out_at(row)
    if until is None or not now < until <= now + WARNED:
        return ""
    then = "A person approves each from then on" if row.level >= ALONE else "It ends then"
    if until == row.valid_until:
        return f"That is the time for which it was granted. {then}, unless it is asked for again."
    return (
        f"The audits that it rests on count for {WINDOW.days} days and grow too old. {then}, "
        "unless more audited mails are found clean."
    )


def limits_of(row: Authority, *, currency: str) -> str:
    parts = []
    if row.max_value_minor is not None:
        parts.append(f"deals up to {words.say_money(row.max_value_minor, currency)}")
    if row.per_day is not None:
        parts.append(f"at most {row.per_day:,} a day")
    return ", ".join(parts) or "no limits"


def _certificate(row: Authority, found: Certificate, bars: Mapping[int, float]) -> ShownCertificate:
    return ShownCertificate(
        found=found,
        figures=Figures(found.clean, found.faults, found.no_evidence, audits_url(_subject(row))),
        bound=percent(found.bound),
        bar=bound_bar(found.bound, bars),
        next_words=next_words(row.level, row.ceiling, found, bars),
    )


def next_words(level: int, ceiling: int, found: Certificate, bars: Mapping[int, float]) -> str:
    """How far it is to the next level that certificates lead to."""
    following = max(level + 1, ALONE)
    if following > ceiling or following not in bars:
        return "This is as far as it goes."
    needed = found.needed_for(bars[following])
    if not needed:
        return f"The bar for level {following} is cleared."
    audits = "audit" if needed == 1 else "audits"
    return f"{needed:,} more clean {audits} in a row for level {following}."
