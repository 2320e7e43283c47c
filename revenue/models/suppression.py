from __future__ import annotations

from django.db import models
from django.db.models import Q

from revenue.models.fields import ActorField, stated_together


class SuppressionKind(models.TextChoices):
    ADDRESS = "address", "Address"
    DOMAIN = "domain", "Domain"
    ACCOUNT = "account", "Account"


class SuppressionReason(models.TextChoices):
    UNSUBSCRIBED = "unsubscribed", "Unsubscribed"
    COMPLAINT = "complaint", "Complained"
    BOUNCED = "bounced", "Address does not exist"
    ASKED = "asked", "Asked us not to write"
    IMPORTED = "imported", "Imported"
    OTHER = "other", "Other"


class Suppression(models.Model):
    """Nobody writes here. Checked by keyed digest, so it outlives the deletion of ``value``."""

    kind = models.CharField(max_length=8, choices=SuppressionKind)
    digest = models.CharField("HMAC-SHA256 of the normalised value, hex", max_length=64)
    value = models.CharField(max_length=254, null=True)
    reason = models.CharField(max_length=14, choices=SuppressionReason)
    note = models.CharField(max_length=300, blank=True)
    suppressed_at = models.DateTimeField()
    suppressed_by = ActorField()
    lift_reason = models.CharField(max_length=300, null=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = ActorField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "digest"],
                condition=Q(lifted_at__isnull=True),
                name="suppression_once",
            ),
            models.CheckConstraint(
                condition=stated_together("lifted_at", "lifted_by", "lift_reason")
                & ~Q(lift_reason=""),
                name="suppression_lift_has_reason",
            ),
        )
        indexes = (models.Index(fields=["-suppressed_at", "-id"], name="suppression_latest"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.digest[:8]}"
