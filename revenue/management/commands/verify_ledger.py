"""Checks the ledger's chain from its first row."""

import json
import re
import time
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand

from revenue import ledger
from revenue.models import LedgerEvent

NOTED = re.compile(r"(\d{1,18}):([0-9a-f]{64})", re.ASCII)


def _noted(text: str) -> tuple[int, bytes]:
    found = NOTED.fullmatch(text)
    if found is None:
        raise ArgumentTypeError("write it as an earlier check did: NUMBER:DIGEST")
    return int(found[1]), bytes.fromhex(found[2])


class Command(BaseCommand):
    """Say whether each sealed event is there, in its place and unchanged; exit code 1 if not."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Output for programs, and a row noted earlier to hold the chain against."""
        parser.add_argument("--json", action="store_true")
        parser.add_argument(
            "--noted",
            type=_noted,
            metavar="NUMBER:DIGEST",
            help="the last row of an earlier check, kept somewhere else",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was found."""
        began = time.monotonic()
        found = ledger.verify(noted=options["noted"])
        report = {
            "checked": found.checked,
            "first_bad": found.first_bad,
            "problem": found.problem,
            "last": f"{found.checked}:{found.digest.hex()}" if found.digest else None,
            "unsealed": LedgerEvent.objects.filter(seq__isnull=True).count(),
            "seconds": round(time.monotonic() - began, 2),
        }
        self.stdout.write(json.dumps(report) if options["json"] else _in_words(report))
        if found.first_bad is not None:
            raise SystemExit(1)


def _in_words(report: dict[str, Any]) -> str:
    if report["first_bad"] is not None:
        return f"BROKEN: {report['problem']}; the {report['checked']:,} rows before it are good"
    waiting = f", {report['unsealed']:,} wait to be sealed" if report["unsealed"] else ""
    return (
        f"{report['checked']:,} events are whole and in order{waiting} ({report['seconds']} s)\n"
        f"note somewhere else: {report['last']}"
    )
