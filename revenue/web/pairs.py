"""Doubtful pairs: two descriptions side by side, and a person who knows whether it is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from revenue.models import Account, DoubtfulPair
from revenue.pipeline.answering import (
    Answered,
    Line,
    MovedOnError,
    answer_pair,
    compare,
    metres_apart,
    rest_of,
    undo_answer,
)
from revenue.pipeline.pairs import AnsweredError, BothInUseError, open_pairs
from revenue.web.access import acting, reader

PAGE = 10
UNDO_SECONDS = 60
SALT = "revenue.web.pairs"
KEPT = "pair_answered"


@dataclass(frozen=True, slots=True)
class ShownPair:
    """One pair; ``metres`` is None where either has no place on the map, ``score`` where a record
    is asked about its own account. ``account`` is what the record is compared with.
    """

    row: DoubtfulPair
    account: Account
    lines: list[Line]
    metres: float | None
    score: int | None


@require_safe
def pairs(request: HttpRequest) -> HttpResponse:
    """The pairs that wait, the most alike first."""
    waiting = open_pairs()
    found = list(waiting.select_related("record__source", "record__account", "account")[:PAGE])
    rest = rest_of(found)
    context = {
        "pairs": [_shown(pair, rest.get(pair.pk)) for pair in found],
        "number": waiting.count(),
        "may_answer": reader(request).may_post("revenue:pair_answer"),
        **_undoable(request),
    }
    return render(request, "revenue/pairs.html", context)


@require_POST
def answer(request: HttpRequest, pair_id: int) -> HttpResponse:
    """Same or different, as the pressed button says."""
    pair = get_object_or_404(DoubtfulPair, pk=pair_id)
    choice = request.POST.get("answer", "")
    if choice not in DoubtfulPair.Answer.values:
        messages.error(request, "Say whether it is the same business or another one.")
        return redirect("revenue:pairs")
    same = choice == DoubtfulPair.Answer.SAME
    try:
        given = answer_pair(pair=pair, same=same, by=acting(request), now=timezone.now())
    except (AnsweredError, BothInUseError) as refusal:
        messages.error(request, str(refusal))
    else:
        request.session[KEPT] = signing.dumps(given.as_json(), salt=SALT, compress=True)
    return redirect("revenue:pairs")


@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take the last answer back, if it is not too late."""
    try:
        given = signing.loads(request.POST.get("answered", ""), salt=SALT, max_age=UNDO_SECONDS)
        undo_answer(answered=Answered.from_json(given), by=acting(request), now=timezone.now())
    except signing.BadSignature:
        messages.error(request, "It is too late to take this back, so the answer stands.")
    except MovedOnError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Taken back: the pair waits again.")
    return redirect("revenue:pairs")


def _undoable(request: HttpRequest) -> dict[str, Any]:
    """The answer that was just given, shown once with its undo."""
    kept = request.session.pop(KEPT, "")
    if not kept:
        return {}
    try:
        given = signing.loads(kept, salt=SALT, max_age=UNDO_SECONDS)
    except signing.BadSignature:
        return {}
    return {
        "answered": kept,
        "answer": given["answer"],
        "stays": given["stays"],
        "goes": given["goes"],
        "undo_seconds": UNDO_SECONDS,
    }


def _shown(pair: DoubtfulPair, rest: Account | None) -> ShownPair:
    account = rest or pair.account
    return ShownPair(
        row=pair,
        account=account,
        lines=compare(pair.record, account),
        metres=metres_apart(pair.record, account),
        score=None if rest else round(pair.score * 100),
    )
