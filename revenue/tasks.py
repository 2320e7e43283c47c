"""Sweeps of the part below: each looks for due work, so that a lost message loses nothing."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from revenue import ledger
from revenue.pipeline import screening
from revenue.pipeline.importing import advance_import, unfinished
from revenue.pipeline.purging import purge_expired
from revenue.policies import backtesting
from revenue.policies.counting import count_due

BUSY_FOR = timedelta(seconds=20)


@shared_task(name="revenue.seal")
def seal() -> None:
    """Number and chain what was committed."""
    ledger.seal_all()


@shared_task(name="revenue.import")
def advance_imports() -> None:
    """Carry on with every running import for a while."""
    for run in unfinished():
        advance_import(run=run, deadline=timezone.now() + BUSY_FOR)


@shared_task(name="revenue.screen")
def screen() -> None:
    """Ask the customer profile about accounts that are new or changed, for a while.

    When a version of it was published, about all of them.
    """
    while ledger.consume(screening.CONSUMER, screening.hear):
        pass
    until = timezone.now() + BUSY_FOR
    while timezone.now() < until and screening.screen_due(now=timezone.now()):
        pass


@shared_task(name="revenue.purge")
def purge() -> None:
    """Remove what a source's terms no longer let us keep."""
    purge_expired(now=timezone.now())


@shared_task(name="revenue.count_rules")
def count_rules() -> None:
    """Count how often each rule was asked and fired on days with new verdicts."""
    count_due(now=timezone.now())


@shared_task(name="revenue.backtest")
def backtest() -> None:
    """Take slices of every open backtest for a while, beside other workers."""
    for one in backtesting.unfinished():
        backtesting.advance(backtest=one, deadline=timezone.now() + BUSY_FOR)
