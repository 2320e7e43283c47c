"""Runs the demo's mail server, which keeps what it gets and sends nothing on."""

import asyncio
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from revenue.connectors.local_smtp import serve


class Command(BaseCommand):
    """Take mail on 127.0.0.1 until SIGTERM or Ctrl-C."""

    help = __doc__ or ""
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen and where to keep the mails."""
        parser.add_argument("--port", type=int, default=settings.MAILBOX_PORT)
        parser.add_argument("--dir", type=Path, default=settings.MAILBOX_DIR)

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until told to stop."""
        folder: Path = options["dir"]

        def say(port: int) -> None:
            self.stdout.write(f"local mailbox on 127.0.0.1:{port}, keeping mail in {folder}")
            self.stdout.flush()

        try:
            asyncio.run(serve(folder, port=options["port"], started=say))
        except OSError as error:
            raise CommandError(f"The local mailbox can't start: {error.strerror}") from error
