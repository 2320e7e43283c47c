from __future__ import annotations

from django.db import models
from django.db.models import Q

from revenue.models.fields import ActorField


class Choice(models.TextChoices):
    APPROVE = "approve", "Approved"
    REJECT = "reject", "Rejected"
    RETURN = "return", "Sent back"
    UNDO = "undo", "Undone"


class RejectReason(models.TextChoices):
    NOT_A_FIT = "not_a_fit", "Not a fit"
    WRONG_PERSON = "wrong_person", "Wrong person"
    BAD_TIMING = "bad_timing", "Bad timing"
    UNTRUE = "untrue", "Says something untrue"
    TONE = "tone", "Tone is off"
    DUPLICATE = "duplicate", "Already in touch"
    OTHER = "other", "Other"


class Channel(models.TextChoices):
    PAGE = "page", "Page"
    BULK = "bulk", "Bulk"
    COMMAND = "command", "Command"
    POLICY = "policy", "Policy"


class Decision(models.Model):
    """One recorded choice about one revision. Never changed; an undo is a decision of its own.

    The first decision of a round wins by constraint. ``visible_ms`` is how long the item was
    visible on the decider's screen, in milliseconds; null where nobody measured it.
    """

    send = models.ForeignKey("approvals.Send", models.PROTECT, related_name="decisions")
    revision = models.ForeignKey(
        "approvals.Revision", models.PROTECT, related_name="+", db_index=False
    )
    round = models.PositiveSmallIntegerField()
    choice = models.CharField(max_length=8, choices=Choice)
    reason_code = models.CharField(max_length=16, choices=RejectReason, blank=True)
    reason = models.CharField(max_length=1000, blank=True)
    verdict = models.ForeignKey(
        "revenue.Verdict", models.PROTECT, null=True, related_name="+", db_index=False
    )
    authority = models.ForeignKey(
        "revenue.Authority", models.PROTECT, null=True, related_name="+", db_index=False
    )
    authority_level = models.PositiveSmallIntegerField(null=True)
    visible_ms = models.PositiveIntegerField(null=True)
    channel = models.CharField(max_length=8, choices=Channel)
    decided_at = models.DateTimeField()
    decided_by = ActorField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["send", "round"],
                condition=~Q(choice=Choice.UNDO),
                name="decision_first_wins",
            ),
            models.UniqueConstraint(
                fields=["send", "round"],
                condition=Q(choice=Choice.UNDO),
                name="decision_undone_once",
            ),
            models.UniqueConstraint(
                fields=["id", "revision", "choice"], name="decision_about_revision"
            ),
            models.CheckConstraint(
                condition=~Q(choice=Choice.REJECT) | ~Q(reason_code=""),
                name="decision_reject_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(choice=Choice.RETURN) | ~Q(reason=""),
                name="decision_return_has_note",
            ),
            models.CheckConstraint(
                condition=~Q(decided_by__startswith="seat:")
                | Q(choice=Choice.APPROVE, channel=Channel.POLICY, verdict__isnull=False),
                name="decision_by_seat_needs_verdict",
            ),
            models.CheckConstraint(
                condition=Q(
                    channel=Channel.POLICY,
                    decided_by__startswith="seat:",
                    authority__isnull=False,
                    authority_level__isnull=False,
                    authority_level__gte=3,
                )
                | ~Q(channel=Channel.POLICY)
                & ~Q(decided_by__startswith="seat:")
                & Q(authority__isnull=True, authority_level__isnull=True),
                name="decision_by_policy_needs_authority",
            ),
        )
        indexes = (
            models.Index(fields=["decided_by", "-id"], name="decision_by_person"),
            models.Index(fields=["verdict"], name="decision_by_verdict"),
            models.Index(
                fields=["authority", "decided_at"],
                name="decision_by_authority",
                condition=Q(authority__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.choice} of send {self.send_id}"
