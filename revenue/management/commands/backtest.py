"""Ask a policy version about the kept facts of all verdicts of its kind."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from revenue.actors import Actor
from revenue.models import PolicyKind, PolicyVersion
from revenue.policies.backtesting import CannotBacktest, advance, order_backtest
from revenue.policies.findings import findings_of
from revenue.policies.moves import Move

UNTIL_DONE = timedelta(days=1)


class Command(BaseCommand):
    """``order_backtest`` and ``advance``, as the page and the workers do it."""

    help = "Say which verdicts would be another under this version than under the active one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=PolicyKind.values)
        parser.add_argument("number", type=int, help="the number of the version")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *, kind: str, number: int, **options: Any) -> None:
        """Run it to its end, beside workers that may share it, and say what moved."""
        version = PolicyVersion.objects.filter(kind=kind, number=number).first()
        if version is None:
            raise CommandError(f"There is no version {number} of {kind}.")
        now = timezone.now()
        try:
            backtest = order_backtest(version=version, by=Actor.system("command"), now=now)
        except CannotBacktest as error:
            raise CommandError(str(error)) from error
        advance(backtest=backtest, deadline=now + UNTIL_DONE)
        found = findings_of(backtest)
        totals = found.totals
        if options["json"]:
            told = {"backtest": backtest.pk, "against": backtest.against.number, **totals}
            self.stdout.write(json.dumps(told))
            return
        self.stdout.write(
            f"Of {found.asked:,} verdicts, beside version {backtest.against.number}: "
            f"{totals[Move.ALLOWED]:,} newly allowed, {totals[Move.HELD]:,} newly held "
            f"({totals[Move.UNRECORDED]:,} for want of a record), "
            f"{totals[Move.DENIED]:,} newly denied, {totals[Move.UNCHANGED]:,} unchanged."
        )
