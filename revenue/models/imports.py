from __future__ import annotations

from django.db import models
from django.db.models import Q

from revenue.models.fields import ActorField
from revenue.models.source import MatchColumns


class ImportState(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class ImportRun(models.Model):
    """One file on its way in.

    ``offset`` is the byte after the last row that was stored; it moves in the transaction that
    stores the rows, so any worker can carry on from it.
    """

    mapping = models.ForeignKey("revenue.ColumnMapping", models.PROTECT, related_name="+")
    spec = models.JSONField(help_text="The mapping as it was when the run started.")
    file_name = models.CharField(max_length=200)
    size = models.BigIntegerField("bytes")
    dry_run = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=ImportState, default=ImportState.RUNNING)
    offset = models.BigIntegerField(default=0)
    line = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(default=0)
    created = models.BigIntegerField(default=0)
    changed = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    merged = models.BigIntegerField("matched to a known account", default=0)
    moved = models.BigIntegerField("changed rows that went to another account", default=0)
    doubtful = models.BigIntegerField(default=0)
    refused = models.BigIntegerField("rows with errors", default=0)
    report = models.JSONField("samples of each outcome", default=dict)
    failure = models.CharField(max_length=500, blank=True)
    started_at = models.DateTimeField()
    started_by = ActorField()
    moved_at = models.DateTimeField("last progress")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(state=ImportState.RUNNING, finished_at__isnull=True)
                | ~Q(state=ImportState.RUNNING) & Q(finished_at__isnull=False),
                name="import_run_ends",
            ),
        )
        indexes = (
            models.Index(
                fields=["id"], name="import_running", condition=Q(state=ImportState.RUNNING)
            ),
        )

    def __str__(self) -> str:
        return f"import {self.pk} {self.file_name}"


class ImportChunk(models.Model):
    """A piece of an uploaded file, kept in the database so that any machine can read on."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["run", "number"], name="import_chunk_once"),)

    def __str__(self) -> str:
        return f"{self.run_id}/{self.number}"


class PreviewRecord(MatchColumns):
    """What a dry run would have stored, so that its later rows are matched to its earlier ones.

    ``account`` is the account it would have gone to, below zero one that is not there yet. Rows
    go when the dry run ends.
    """

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="+")
    account = models.BigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["run", "record_id"], name="preview_once_per_run"),
        )
        indexes = (
            models.Index(fields=["run", "phone"], name="preview_phone", condition=~Q(phone="")),
            models.Index(
                fields=["run", "street_key"], name="preview_street", condition=~Q(street_key="")
            ),
            models.Index(
                fields=["run", "door_key"], name="preview_door", condition=~Q(door_key="")
            ),
            models.Index(
                fields=["run", "cell"], name="preview_cell", condition=Q(cell__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return f"{self.run_id} {self.record_id}"


class ImportIssue(models.Model):
    """Why one row did not go in, or went in without one of its values."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="issues")
    line = models.BigIntegerField()
    column = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=300)
    excerpt = models.CharField(max_length=120, blank=True)
    refused = models.BooleanField("the row was left out", default=True)

    class Meta:
        indexes = (models.Index(fields=["run", "line", "id"], name="import_issue_order"),)

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"
