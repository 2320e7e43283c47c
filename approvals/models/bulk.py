from __future__ import annotations

from django.db import models
from django.db.models import Q

from approvals.models.decision import Choice, RejectReason
from revenue.models.fields import ActorField


class Bulk(models.Model):
    """One order to approve or reject a set; each item is then decided by itself."""

    choice = models.CharField(max_length=8, choices=Choice)
    reason_code = models.CharField(max_length=16, choices=RejectReason, blank=True)
    reason = models.CharField(max_length=1000, blank=True)
    filters = models.JSONField()
    ordered_at = models.DateTimeField()
    ordered_by = ActorField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(choice=Choice.APPROVE) | Q(choice=Choice.REJECT) & ~Q(reason_code=""),
                name="bulk_approve_or_reject",
            ),
        )
        indexes = (
            models.Index(fields=["id"], name="bulk_open", condition=Q(finished_at__isnull=True)),
        )

    def __str__(self) -> str:
        return f"bulk {self.pk} {self.choice}"


class BulkResult(models.TextChoices):
    DECIDED = "decided", "Decided"
    ALREADY = "already", "Somebody else was first"
    CHANGED = "changed", "The text changed meanwhile"
    REFUSED = "refused", "Refused"
    PLANTED = "planted", "A planted fault"


class BulkItem(models.Model):
    """One member of a bulk order, with the revision that stood when it was given."""

    bulk = models.ForeignKey(Bulk, models.CASCADE, related_name="items")
    send = models.ForeignKey("approvals.Send", models.PROTECT, related_name="+")
    revision = models.ForeignKey("approvals.Revision", models.PROTECT, related_name="+")
    result = models.CharField(max_length=8, choices=BulkResult, null=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["bulk", "send"], name="bulk_item_once"),)
        indexes = (
            models.Index(
                fields=["bulk", "id"], name="bulk_item_open", condition=Q(result__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return f"send {self.send_id} in bulk {self.bulk_id}"
