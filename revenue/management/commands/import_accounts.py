"""Import a CSV file in the foreground."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from revenue.actors import Actor
from revenue.models import ColumnMapping, ImportIssue, ImportRun, ImportState
from revenue.pipeline.importing import advance_import, start_import
from revenue.pipeline.mappings import InvalidMappingError
from revenue.pipeline.outcomes import COUNTS
from revenue.pipeline.reading import UnreadableFileError

OPERATOR = Actor.system("command")
STEP = timedelta(seconds=1)
ISSUES_SHOWN = 10


class Command(BaseCommand):
    """``import_accounts FILE --mapping NAME``; exits non-zero when the file can't be read."""

    help = "Import accounts or contacts from a CSV file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--mapping", required=True, help="a saved column mapping, by name")
        parser.add_argument("--dry-run", action="store_true", help="show what would happen")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, **options: Any) -> None:
        """Run the import to its end."""
        quiet = options["json"]
        run = _start(options["file"], options["mapping"], dry_run=options["dry_run"])
        while run.state == ImportState.RUNNING:
            run = advance_import(run=run, deadline=timezone.now() + STEP)
            if not quiet:
                share = run.offset / run.size if run.size else 1
                self.stderr.write(f"{run.rows:,} rows, {share:.0%}", ending="\r")
        if quiet:
            self.stdout.write(json.dumps(_result(run)))
        else:
            self._tell(run)
        if run.state != ImportState.DONE:
            raise CommandError(run.failure or f"The import was {run.get_state_display().lower()}.")

    def _tell(self, run: ImportRun) -> None:
        verb = "would be " if run.dry_run else ""
        self.stdout.write(
            f"{run.rows:,} rows: {run.created:,} {verb}new, {run.changed:,} {verb}changed, "
            f"{run.unchanged:,} unchanged, {run.merged:,} {verb}matched to a known account, "
            f"{run.moved:,} {verb}moved to another, "
            f"{run.doubtful:,} doubtful, {run.refused:,} refused."
        )
        issues = ImportIssue.objects.filter(run=run, refused=True).order_by("line", "id")
        for issue in issues[:ISSUES_SHOWN]:
            self.stdout.write(f"  {_issue(issue)}")
        if run.refused > ISSUES_SHOWN:
            self.stdout.write(f"  and {run.refused - ISSUES_SHOWN:,} more")


def _start(path: Path, name: str, *, dry_run: bool) -> ImportRun:
    mapping = ColumnMapping.objects.filter(pk=name).first()
    if mapping is None:
        known = ", ".join(ColumnMapping.objects.order_by("slug").values_list("slug", flat=True))
        raise CommandError(f"There is no mapping {name!r}. There is: {known}.")
    try:
        with path.open("rb") as file:
            return start_import(
                file=file,
                file_name=path.name,
                mapping=mapping,
                by=OPERATOR,
                now=timezone.now(),
                dry_run=dry_run,
            )
    except (UnreadableFileError, InvalidMappingError, OSError) as error:
        raise CommandError(str(error)) from None


def _result(run: ImportRun) -> dict[str, Any]:
    issues = ImportIssue.objects.filter(run=run, refused=True).order_by("line", "id")
    return {
        "import": run.pk,
        "state": run.state,
        "dry_run": run.dry_run,
        "rows": run.rows,
        **{name: getattr(run, name) for name in COUNTS},
        "failure": run.failure,
        "issues": [
            {"line": issue.line, "column": issue.column, "reason": issue.reason}
            for issue in issues[:100]
        ],
    }


def _issue(issue: ImportIssue) -> str:
    column = f", column {issue.column}" if issue.column else ""
    return f"line {issue.line}{column}: {issue.reason}"
