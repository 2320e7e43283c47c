from __future__ import annotations

from django.db import models
from django.db.models import Q

from revenue.models.fields import ActorField, stated_together


class PolicyKind(models.TextChoices):
    ICP = "icp", "Ideal customer profile"
    SEND = "send", "Send policy"


class PolicyState(models.TextChoices):
    DRAFT = "draft", "Draft"
    VALIDATED = "validated", "Validated"
    BACKTESTED = "backtested", "Backtested"
    SHADOW = "shadow", "Shadow"
    ACTIVE = "active", "Active"
    RETIRED = "retired", "Retired"


class Effect(models.TextChoices):
    DENY = "deny", "Denied"
    HOLD = "hold", "Held"
    ALLOW = "allow", "Allowed"


class PolicyVersion(models.Model):
    """One immutable text of rules. Only its state moves; the database refuses any other change.

    ``text`` is a ``policies.conditions.PolicyText``.
    """

    kind = models.CharField(max_length=16, choices=PolicyKind)
    number = models.PositiveIntegerField()
    text = models.JSONField()
    content_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=PolicyState)
    written_at = models.DateTimeField()
    written_by = ActorField()
    published_at = models.DateTimeField(null=True)
    published_by = ActorField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["kind", "number"], name="policy_number_once"),
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(state=PolicyState.ACTIVE),
                name="policy_one_active_per_kind",
            ),
            models.CheckConstraint(
                condition=stated_together("published_at", "published_by"),
                name="policy_publication_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[PolicyState.ACTIVE, PolicyState.RETIRED])
                | Q(published_at__isnull=False),
                name="policy_active_was_published",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class Verdict(models.Model):
    """What a policy version said of a subject, with the facts it saw and its trace.

    ``subject`` is ``account:7`` or ``send:12``; rows are never changed or removed.
    """

    policy = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="verdicts")
    subject = models.CharField(max_length=80)
    effect = models.CharField(max_length=5, choices=Effect)
    rule = models.CharField("deciding rule", max_length=64, blank=True)
    facts = models.JSONField()
    trace = models.JSONField()
    given_at = models.DateTimeField()
    given_by = ActorField()

    class Meta:
        indexes = (models.Index(fields=["subject", "-id"], name="verdict_by_subject"),)

    def __str__(self) -> str:
        return f"{self.subject} {self.effect}"


class VerdictObjection(models.Model):
    """A person's word that a verdict is wrong, and why: evidence for the next version."""

    verdict = models.ForeignKey(Verdict, models.PROTECT, related_name="objections")
    reason = models.CharField(max_length=500)
    raised_at = models.DateTimeField()
    raised_by = ActorField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = ActorField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["verdict"],
                condition=Q(withdrawn_at__isnull=True),
                name="objection_once_per_verdict",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="objection_has_reason"),
            models.CheckConstraint(
                condition=stated_together("withdrawn_at", "withdrawn_by"),
                name="objection_withdrawal_is_whole",
            ),
        )

    def __str__(self) -> str:
        return f"objection to {self.verdict_id}"
