"""What a policy version would have done: its backtest, and the verdicts behind each number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from revenue.models import Backtest, Effect, PolicyVersion, User
from revenue.policies.backtesting import CannotBacktest, advance, order_backtest
from revenue.policies.catalogue import CATALOGUE
from revenue.policies.evidence import Decided, decisions_on, names_of, outcomes_of
from revenue.policies.findings import KEPT, Findings, Wanted, findings_of, moved_verdicts, rows_of
from revenue.policies.moves import SEGMENTED_BY, Move
from revenue.policies.verdicts import published
from revenue.web.access import acting, reader
from revenue.web.ledger_words import subject_of
from revenue.web.parts import wants_part

AT_ONCE = timedelta(seconds=1)
"""So long a page works at a backtest itself; what is left is for the workers."""
LARGEST_ID = 2**63 - 1
MOVES: dict[Move, tuple[str, str]] = {
    Move.ALLOWED: ("Newly allowed", "stopped before, let through now"),
    Move.HELD: ("Newly held", "would wait for a person now"),
    Move.DENIED: ("Newly denied", "would be stopped for good now"),
    Move.UNCHANGED: ("Unchanged", "come to the same"),
    Move.UNRECORDED: ("Held for want of a record", "nobody recorded what the new rules read"),
}
TILES = (*KEPT, Move.UNCHANGED)
DECIDED: dict[Decided, str] = {
    Decided.APPROVED: "Approved as it was",
    Decided.COSMETIC: "Approved, wording edited",
    Decided.CLAIM: "Approved, a claim edited",
    Decided.OFFER: "Approved, the offer edited",
    Decided.REJECTED: "Rejected",
    Decided.RETURNED: "Sent back",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and the address of the rows behind it, empty for none."""

    number: int
    url: str = ""

    @property
    def words(self) -> str:
        return f"{self.number:,}"


@dataclass(frozen=True, slots=True)
class Line:
    """A labelled row of figures, one for each column."""

    label: str
    figures: list[Figure]


@dataclass(frozen=True, slots=True)
class Row:
    """A verdict in a list: whom it is about, and what either version says by which rule."""

    id: int
    name: str
    words: str
    url: str
    given_at: Any
    before: str
    before_rule: str
    after: str
    after_rule: str

    @property
    def before_words(self) -> str:
        return EFFECTS[self.before]

    @property
    def after_words(self) -> str:
        return EFFECTS.get(self.after, "")


EFFECTS: dict[str, str] = {value: str(label) for value, label in Effect.choices}


@require_http_methods(["GET", "HEAD", "POST"])
def backtest(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """What would have been another under this version; a POST asks about all verdicts anew."""
    version = get_object_or_404(PolicyVersion, kind=kind, number=number)
    if request.method == "POST":
        try:
            ordered = order_backtest(version=version, by=acting(request), now=timezone.now())
            advance(backtest=ordered, deadline=timezone.now() + AT_ONCE)
        except CannotBacktest as error:
            messages.error(request, str(error))
        return redirect("revenue:policy_backtest", kind, number)
    latest = latest_backtest(version)
    context = {"version": version, **backtest_context(request, version, latest)}
    if wants_part(request) and "tiles" in request.GET:
        return render(request, "revenue/policy_evidence.html", context)
    if latest is not None and latest.finished_at:
        context |= _what_people_did(version, latest)
    part = wants_part(request)
    template = "revenue/policy_backtest_found.html" if part else "revenue/policy_backtest.html"
    return render(request, template, context)


@require_safe
def moved(request: HttpRequest, kind: str, number: int, move: str) -> HttpResponse:
    """The verdicts behind one number of the latest backtest."""
    version = get_object_or_404(PolicyVersion, kind=kind, number=number)
    latest = latest_backtest(version)
    if latest is None or move not in set(Move):
        raise Http404
    wanted = _wanted(request, latest, Move(move))
    rows, older = rows_of(latest, wanted, before=cursor_of(request))
    context = {
        "version": version,
        "backtest": latest,
        "title": MOVES[wanted.move][0],
        "note": MOVES[wanted.move][1],
        "before_label": f"Version {latest.against.number}",
        "after_label": f"Version {number}",
        "segment": None if wanted.segment is None else segment_words(kind, wanted.segment),
        "decided": DECIDED.get(request.GET.get("decided", "")),  # type: ignore[call-overload]
        "rows": shown_rows(rows, titles_of(latest.policy_id, latest.against_id), reader(request)),
        "older": older,
        "is_first": cursor_of(request) is None,
    }
    return render(request, "revenue/policy_moved.html", context)


def latest_backtest(version: PolicyVersion) -> Backtest | None:
    """The backtest that was ordered last, with the version it was compared with."""
    rows = Backtest.objects.filter(policy=version).select_related("against")
    return rows.defer("against__text", "against__analysis").order_by("-id").first()


def backtest_context(
    request: HttpRequest, version: PolicyVersion, latest: Backtest | None
) -> dict[str, Any]:
    """What ``revenue/policy_evidence.html`` shows: the tiles of the latest backtest.

    One statement; ``latest`` is ``latest_backtest(version)``.
    """
    may_order = reader(request).may_post("revenue:policy_backtest")
    found = Findings({}, 0, 0) if latest is None else findings_of(latest)
    return {
        "backtest": latest,
        "findings": found,
        "may_order": may_order and version.state != "active",
        "tiles": [_tile(version, move, found) for move in TILES] if latest else [],
        "unrecorded": _figure(version, Move.UNRECORDED, found.totals[Move.UNRECORDED]),
        "columns": [label for label, _ in MOVES.values()],
        "segments": segment_lines(version, found),
    }


def _tile(version: PolicyVersion, move: Move, found: Findings) -> dict[str, Any]:
    label, note = MOVES[move]
    number = found.totals[move]
    return {
        "label": label,
        "number": f"{number:,}",
        "note": note,
        "url": moved_url(version, move) if number else "",
    }


def segment_lines(version: PolicyVersion, found: Findings) -> list[Line]:
    """The moves by segment, those in which most moved first."""

    def moving(segment: str) -> tuple[int, str]:
        moves = found.counts[segment]
        return -sum(moves.get(move, 0) for move in KEPT), segment

    return [
        Line(
            segment_words(version.kind, segment),
            [
                _figure(version, move, found.counts[segment].get(move, 0), segment=segment)
                for move in MOVES
            ],
        )
        for segment in sorted(found.counts, key=moving)
    ]


def segment_words(kind: str, segment: str) -> str:
    """``cold/CA`` as ``a cold mail, CA``; what was not known says so."""
    names = SEGMENTED_BY.get(kind, ())
    values = segment.split("/", max(len(names) - 1, 0))
    words = [
        CATALOGUE[name].choice_label(value) if value else f"{CATALOGUE[name].label} not known"
        for name, value in zip(names, values, strict=False)
    ]
    said = ", ".join(words) or "All"
    return said[0].upper() + said[1:]


def _figure(version: PolicyVersion, move: Move, number: int, **query: str) -> Figure:
    return Figure(number, moved_url(version, move, **query) if number else "")


def moved_url(version: PolicyVersion, move: Move, **query: str) -> str:
    """The list of one move, narrowed by the query."""
    address = reverse("revenue:policy_moved", args=[version.kind, version.number, move.value])
    return f"{address}?{urlencode(query)}" if query else address


def _what_people_did(version: PolicyVersion, latest: Backtest) -> dict[str, Any]:
    """Decisions and deals behind each of the three moves: two statements for each."""
    moved_ones = {move: moved_verdicts(latest, move) for move in KEPT}
    choices = {move: Counter(decisions_on(rows).values()) for move, rows in moved_ones.items()}
    endings = {move: outcomes_of(rows) for move, rows in moved_ones.items()}
    decisions = [
        Line(
            label,
            [
                _figure(version, move, found[choice], decided=choice.value)
                for move, found in choices.items()
            ],
        )
        for choice, label in DECIDED.items()
    ]
    labels = [label for label, _ in endings[Move.ALLOWED]]
    return {
        "decisions": decisions,
        "decided": sum(found.total() for found in choices.values()),
        "endings": [
            Line(label, [Figure(told[place][1]) for told in endings.values()])
            for place, label in enumerate(labels)
        ]
        if any(number for told in endings.values() for _, number in told)
        else [],
    }


def _wanted(request: HttpRequest, latest: Backtest, move: Move) -> Wanted:
    segment = request.GET.get("segment")
    choice = request.GET.get("decided", "")
    if choice not in set(Decided) or move not in KEPT:
        return Wanted(move, segment)
    found = decisions_on(moved_verdicts(latest, move))
    return Wanted(move, segment, [key for key, decided in found.items() if decided == choice])


def cursor_of(request: HttpRequest) -> int | None:
    """The id before which a page begins; None for the first one."""
    text = request.GET.get("before", "")
    return min(int(text), LARGEST_ID) if text.isdecimal() and len(text) < 20 else None


def titles_of(*version_ids: int) -> list[dict[str, str]]:
    """The names of the rules of each version, by id."""
    return [
        {rule.id: rule.name for rule in published(version_id).text.rules}
        for version_id in version_ids
    ]


def shown_rows(rows: Sequence[Any], titles: list[dict[str, str]], user: User) -> list[Row]:
    """Verdicts with the names of their subjects and rules; ``titles`` are of after and before."""
    after, before = titles
    names = names_of(row.subject for row in rows)
    shown = []
    for row in rows:
        about = subject_of(row.subject, reader=user)
        shown.append(
            Row(
                id=row.id,
                name=names.get(row.subject, ""),
                words=about.words,
                url=about.url,
                given_at=row.given_at,
                before=row.before,
                before_rule=before.get(row.before_rule, row.before_rule),
                after=row.after,
                after_rule=after.get(row.after_rule, row.after_rule),
            )
        )
    return shown
