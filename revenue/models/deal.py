from __future__ import annotations

from django.db import models
from django.db.models import Q

from revenue.models.fields import ActorField


class DealStage(models.TextChoices):
    IDENTIFIED = "identified", "Identified"
    CONTACTED = "contacted", "Contacted"
    ENGAGED = "engaged", "Engaged"
    QUALIFIED = "qualified", "Qualified"
    PROPOSAL = "proposal", "Proposal"
    VERBAL = "verbal", "Verbal yes"
    WON = "won", "Won"
    LOST = "lost", "Lost"


class Readiness(models.TextChoices):
    EXPLORING = "exploring", "Exploring"
    QUALIFIED = "qualified", "Qualified"
    COMMITMENT_READY = "commitment_ready", "Commitment-ready"


class Deal(models.Model):
    """One possible sale to an account. Where it stands (stage) and what is proven (readiness)."""

    account = models.ForeignKey("revenue.Account", models.PROTECT, related_name="deals")
    contact = models.ForeignKey("revenue.Contact", models.PROTECT, related_name="+")
    stage = models.CharField(max_length=12, choices=DealStage, default=DealStage.IDENTIFIED)
    readiness = models.CharField(max_length=16, choices=Readiness, default=Readiness.EXPLORING)
    value_minor = models.BigIntegerField("expected value, in the currency's smallest unit")
    currency = models.CharField(max_length=3)
    opened_at = models.DateTimeField()
    opened_by = ActorField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["account"],
                condition=~Q(stage__in=[DealStage.WON, DealStage.LOST]),
                name="deal_one_open_per_account",
            ),
            models.CheckConstraint(condition=Q(value_minor__gte=0), name="deal_value_not_negative"),
        )

    def __str__(self) -> str:
        return f"deal {self.pk}"
