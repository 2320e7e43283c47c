from __future__ import annotations

from django.db import models
from django.db.models import Q

from revenue.models.fields import ActorField, stated_together


class AttemptOutcome(models.TextChoices):
    ACCEPTED = "accepted", "Accepted by the mail server"
    TEMPORARY = "temporary", "Refused for now"
    PERMANENT = "permanent", "Refused for good"
    UNCERTAIN = "uncertain", "No answer after handing it over"


class Attempt(models.Model):
    """One try to hand a message to the wire: recorded before it, settled after it."""

    send = models.ForeignKey("approvals.Send", models.PROTECT, related_name="tries", db_index=False)
    mailbox = models.ForeignKey("revenue.Mailbox", models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveSmallIntegerField()
    revision = models.ForeignKey(
        "approvals.Revision", models.PROTECT, related_name="+", db_index=False
    )
    revision_planted = models.BooleanField(default=False, db_default=False, editable=False)
    policy = models.ForeignKey(
        "revenue.PolicyVersion", models.PROTECT, null=True, related_name="+", db_index=False
    )
    started_at = models.DateTimeField()
    started_by = ActorField()
    outcome = models.CharField(max_length=10, choices=AttemptOutcome, null=True)
    finished_at = models.DateTimeField(null=True)
    code = models.CharField("reply code", max_length=16, blank=True)
    reply = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["send", "number"], name="attempt_number_once"),
            models.UniqueConstraint(
                fields=["send"],
                condition=Q(finished_at__isnull=True),
                name="attempt_one_open_per_send",
            ),
            models.CheckConstraint(
                condition=Q(revision_planted=False), name="attempt_never_planted"
            ),
            models.CheckConstraint(
                condition=stated_together("finished_at", "outcome"), name="attempt_settled_whole"
            ),
        )
        indexes = (
            models.Index(fields=["mailbox", "started_at", "outcome"], name="attempt_by_mailbox"),
        )

    def __str__(self) -> str:
        return f"attempt {self.number} of send {self.send_id}"
