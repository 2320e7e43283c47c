"""Read a backup into an empty database, and stop all sending until a person has looked."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from revenue import embedded, ledger
from revenue.actors import Actor
from revenue.agents import killswitch
from revenue.conversation.suppression import digest_of
from revenue.management import dumps
from revenue.models import LedgerEvent, Suppression, SuppressionKind, SwitchScope

RESTORER = Actor.system("restore")


class Command(BaseCommand):
    """``restore FILE``; the database must be empty. Exit code 1 if anything is not as it was."""

    help = __doc__ or ""
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to read."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, bring the tables up to date, stop sending, check."""
        try:
            with dumps.database(alone=True):
                if not dumps.is_empty():
                    raise CommandError("The database is not empty; a backup needs an empty one.")
                dumps.load(options["file"])
                call_command("migrate", interactive=False, verbosity=0)
                self._settle()
        except (
            DatabaseError,
            dumps.DumpFailed,
            embedded.EmbeddedError,
            embedded.Busy,
            OSError,
        ) as error:
            raise CommandError(str(error)) from error

    def _settle(self) -> None:
        _remember_mode()
        until = LedgerEvent.objects.order_by("-at").values_list("at", flat=True).first()
        moment = f"{until:%Y-%m-%d %H:%M:%S} UTC" if until else "nobody knows when"
        reason = f"Restored from a backup of {moment}; later mails and unsubscribes are missing."
        killswitch.throw(
            scope=SwitchScope.EVERYTHING, target="", reason=reason, by=RESTORER, now=timezone.now()
        )
        ledger.seal_all()
        self.stdout.write(reason)
        self.stdout.write("The kill switch is thrown. Release it on the page of the seats.")
        if not _key_fits():
            raise CommandError(
                "SUPPRESSION_KEY is not the one of this backup: no suppression would be found."
                " Set the right one before anything is sent."
            )
        found = ledger.verify()
        if found.first_bad is not None:
            raise CommandError(f"The ledger is broken: {found.problem}.")
        self.stdout.write(f"The ledger is whole: {found.checked:,} events.")


def _remember_mode() -> None:
    """A real house must not become a demo, whose logins are public, by a forgotten DEMO=0."""
    if settings.EMBEDDED:
        demo = LedgerEvent.objects.filter(actor=str(Actor.system("demo"))).exists()
        (settings.VAR / "mode").write_text("demo" if demo else "real")


def _key_fits() -> bool:
    """Whether our key makes the digests that the suppressions have."""
    entry = Suppression.objects.filter(value__isnull=False).order_by("-id").first()
    if entry is None or entry.value is None:
        return True
    kind = SuppressionKind(entry.kind)
    return entry.digest == digest_of(kind, entry.value, key=settings.SUPPRESSION_KEY)
