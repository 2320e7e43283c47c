"""Remove what the terms of a source no longer let us keep."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from revenue.actors import Actor
from revenue.pipeline.purging import purge_expired


class Command(BaseCommand):
    """``purge_expired``, which the schedule also does each hour."""

    help = "Empty records whose source's terms have run out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, **options: Any) -> None:
        """Purge and say what was removed."""
        purged = purge_expired(now=timezone.now(), by=Actor.system("command"))
        if options["json"]:
            self.stdout.write(json.dumps(asdict(purged)))
        else:
            self.stdout.write(
                f"{purged.records:,} records emptied, {purged.accounts:,} accounts changed, "
                f"{purged.files:,} pieces of old files removed."
            )
