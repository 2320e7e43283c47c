"""Backtests: a version is asked about the kept facts of every verdict of its kind.

The verdicts are cut into slices. Each is judged by one statement per version that gave verdicts in
it, and kept in the same transaction, so any number of workers share a backtest, and whoever is
killed leaves a slice that somebody else takes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from revenue import ledger
from revenue.actors import Actor
from revenue.models import Backtest, BacktestSlice, PolicyState, PolicyVersion
from revenue.policies import versions
from revenue.policies.findings import findings_of
from revenue.policies.moves import Move, moves_in

SLICE = 50_000
"""Ids in a slice: a few tenths of a second of work."""

Clock = Callable[[], datetime]


class CannotBacktest(Exception):
    """There is nothing to compare the version with; the message says why."""


# Ordering ----------------------------------------------------------------------------------------


@transaction.atomic
def order_backtest(*, version: PolicyVersion, by: Actor, now: datetime) -> Backtest:
    """Begin a backtest against the active version; one that is still open is given instead.

    Raises CannotBacktest when no other version of the kind is active.
    """
    current = PolicyVersion.objects.select_for_update().get(pk=version.pk)
    standing = PolicyVersion.objects.filter(kind=version.kind, state=PolicyState.ACTIVE).first()
    if standing is None:
        raise CannotBacktest("No version of this kind is active, so there is nothing to compare.")
    if standing == current:
        raise CannotBacktest("This version is active: it would be compared with itself.")
    open_one = Backtest.objects.filter(
        policy=current, against=standing, finished_at__isnull=True
    ).first()
    if open_one is not None:
        return open_one
    first, last = _span(version.kind)
    backtest = Backtest.objects.create(
        policy=current, against=standing, last_id=last, ordered_at=now, ordered_by=str(by)
    )
    BacktestSlice.objects.bulk_create(
        BacktestSlice(
            backtest=backtest, number=number, first_id=start, last_id=min(start + SLICE - 1, last)
        )
        for number, start in enumerate(range(first, last + 1, SLICE), start=1)
    )
    _log("backtest.ordered", backtest, by=by, now=now, last_id=last)
    return backtest


def _span(kind: str) -> tuple[int, int]:
    """The first and the last id of the verdicts of a kind, by the ends of an index."""
    with connection.cursor() as cursor:
        cursor.execute(
            """select coalesce(min(ends.first), 1), coalesce(max(ends.last), 0)
               from revenue_policyversion p cross join lateral (
                   select (select v.id from revenue_verdict v where v.policy_id = p.id
                           order by v.id limit 1) as first,
                          (select v.id from revenue_verdict v where v.policy_id = p.id
                           order by v.id desc limit 1) as last) ends
               where p.kind = %s""",
            [kind],
        )
        first, last = cursor.fetchone()
        return first, last


def unfinished() -> QuerySet[Backtest]:
    """Backtests that a worker should carry on with, the oldest first."""
    return Backtest.objects.filter(finished_at__isnull=True).order_by("id")


# Working -----------------------------------------------------------------------------------------


def advance(*, backtest: Backtest, deadline: datetime, clock: Clock = timezone.now) -> int:
    """Judge open slices until none is left or the deadline passes; return how many.

    One slice is taken at least, where there is one. Whoever finds no open slice finishes the
    backtest.
    """
    done = 0
    while judge_next_slice(backtest=backtest, now=clock()):
        done += 1
        if clock() >= deadline:
            break
    finish(backtest=backtest, now=clock())
    return done


@transaction.atomic
def judge_next_slice(*, backtest: Backtest, now: datetime) -> bool:
    """Judge one slice that nobody is at, and keep what moved; False when there is none."""
    part = (
        BacktestSlice.objects.select_for_update(skip_locked=True)
        .filter(backtest=backtest, done_at__isnull=True)
        .order_by("number")
        .only("id", "first_id", "last_id")
        .first()
    )
    if part is None:
        return False
    _let_workers_share_the_cores()
    counts: dict[str, dict[str, int]] = {}
    moved: dict[str, list[int]] = {}
    for segment, move, unrecorded, number, ids in moves_in(backtest, part):
        moves = counts.setdefault(segment, {})
        moves[move] = moves.get(move, 0) + number
        moved.setdefault(move, []).extend(ids)
        if unrecorded:
            moves[Move.UNRECORDED] = moves.get(Move.UNRECORDED, 0) + unrecorded
    BacktestSlice.objects.filter(pk=part.pk).update(
        counts=counts,
        done_at=now,
        **{
            move.value: sorted(moved.get(move, []))
            for move in (Move.ALLOWED, Move.HELD, Move.DENIED)
        },
    )
    return True


def _let_workers_share_the_cores() -> None:
    """Slices are judged side by side already, and ids of a slice are gathered in memory."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select set_config('max_parallel_workers_per_gather', '0', true),"
            " set_config('work_mem', '32MB', true)"
        )


@transaction.atomic
def finish(*, backtest: Backtest, now: datetime) -> bool:
    """Close a backtest whose slices are all done, once; a validated version becomes backtested."""
    current = Backtest.objects.select_for_update().select_related("policy").get(pk=backtest.pk)
    open_slices = current.slices.filter(done_at__isnull=True)
    if current.finished_at is not None or open_slices.exists():
        return False
    current.finished_at = now
    current.save(update_fields=["finished_at"])
    by = Actor.parse(current.ordered_by)
    found = findings_of(current)
    _log("backtest.finished", current, by=by, now=now, **found.totals)
    if current.policy.state == PolicyState.VALIDATED:
        versions.step(
            version=current.policy, to=PolicyState.BACKTESTED, by=by, now=now,
            note=f"Asked about {found.asked:,} verdicts.",
        )  # fmt: skip
    return True


def _log(kind: str, backtest: Backtest, *, by: Actor, now: datetime, **data: Any) -> None:
    policy, against = backtest.policy, backtest.against
    ledger.append(
        kind=kind,
        subject=f"policy:{policy.kind}:{policy.number}",
        by=by,
        now=now,
        data={"backtest": backtest.pk, "against": against.number, **data},
    )
