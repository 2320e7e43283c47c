"""Write the whole database to one file, while the product runs or not."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from revenue.embedded import EmbeddedError
from revenue.management import dumps


class Command(BaseCommand):
    """``backup FILE``; never replaces a file. The keys are not in it."""

    help = __doc__ or ""
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to write."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Dump, and say what belongs to it."""
        file: Path = options["file"]
        try:
            with dumps.database(alone=False):
                if dumps.is_empty():
                    raise CommandError("There is nothing to back up: the database is empty.")
                dumps.dump(file)
        except FileExistsError as error:
            raise CommandError(f"{file} is there already.") from error
        except (DatabaseError, dumps.DumpFailed, EmbeddedError, OSError) as error:
            raise CommandError(str(error)) from error
        keys = settings.VAR / "secrets.json" if settings.EMBEDDED else "the environment"
        self.stdout.write(f"{file}: {file.stat().st_size:,} bytes. It holds personal data.")
        self.stdout.write(f"Keep SECRET_KEY and SUPPRESSION_KEY too, elsewhere; see {keys}.")
