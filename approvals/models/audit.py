from __future__ import annotations

from django.db import models
from django.db.models import Q

from revenue.models.fields import ActorField, stated_together


class Finding(models.TextChoices):
    CLEAN = "clean", "Clean"
    DEFECT = "defect", "Would have been a fault"
    NO_EVIDENCE = "no_evidence", "Decided too fast to count"


class Audit(models.Model):
    """A send that the policy would have let go and that a person decides without knowing of it.

    ``rate`` is the share of such sends that was drawn, 1 where a person decides each anyway;
    ``basis`` names templates, model and policy at the time: what is found speaks for these alone.
    ``finding`` follows the standing decision and is null while there is none.
    """

    send = models.OneToOneField("approvals.Send", models.PROTECT, related_name="audit")
    seat = models.ForeignKey("revenue.Seat", models.PROTECT, related_name="+", db_index=False)
    action = models.ForeignKey("revenue.Action", models.PROTECT, related_name="+", db_index=False)
    segment = models.ForeignKey("revenue.Segment", models.PROTECT, related_name="+", db_index=False)
    level = models.PositiveSmallIntegerField()
    rate = models.FloatField()
    basis = models.CharField(max_length=64)
    drawn_at = models.DateTimeField()
    finding = models.CharField(max_length=11, choices=Finding, null=True)
    found_at = models.DateTimeField(null=True)
    found_by = ActorField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(rate__gt=0) & Q(rate__lte=1), name="audit_rate_is_a_share"
            ),
            models.CheckConstraint(
                condition=stated_together("found_at", "found_by", "finding"),
                name="audit_finding_is_whole",
            ),
        )
        indexes = (
            models.Index(
                fields=["seat", "action", "segment", "basis", "found_at"],
                name="audit_evidence",
                condition=Q(finding__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"audit of send {self.send_id}"


class SevereKind(models.TextChoices):
    COMPLAINT = "complaint", "The recipient complained"
    WRONG_RECIPIENT = "wrong_recipient", "It went to the wrong person"
    UNSUPPORTED_CLAIM = "unsupported_claim", "It stated something untrue"


class SevereEvent(models.Model):
    """What must never happen again without a person: a sent mail that did harm."""

    send = models.ForeignKey("approvals.Send", models.PROTECT, related_name="severe_events")
    kind = models.CharField(max_length=20, choices=SevereKind)
    note = models.CharField(max_length=500, blank=True)
    reported_at = models.DateTimeField()
    reported_by = ActorField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["send", "kind"], name="severe_once_per_kind"),
        )

    def __str__(self) -> str:
        return f"{self.kind} of send {self.send_id}"


class PlantedFault(models.TextChoices):
    WRONG_NAME = "wrong_name", "Another person's name"
    WRONG_BUSINESS = "wrong_business", "Another business's name"
    WRONG_PLACE = "wrong_place", "A place where they are not"
    WRONG_NUMBER = "wrong_number", "A number that is not true"
    INVENTED_PRAISE = "invented_praise", "An invented claim"
    INVENTED_OFFER = "invented_offer", "An offer that we do not make"


class SeededDefect(models.Model):
    """A fault planted in a waiting mail to learn whether it is seen; told after the decision.

    ``fragment`` is the words that do not belong there. The mail as it was drafted comes up for
    decision afterwards.
    """

    send = models.OneToOneField("approvals.Send", models.PROTECT, related_name="seeded")
    revision = models.OneToOneField("approvals.Revision", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=PlantedFault)
    fragment = models.CharField(max_length=300)
    original = models.CharField("what stood there before", max_length=300, blank=True)
    planted_at = models.DateTimeField()
    caught = models.BooleanField(null=True)
    visible_ms = models.PositiveIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = ActorField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=stated_together("decided_at", "decided_by", "caught"),
                name="seeded_decision_is_whole",
            ),
        )
        indexes = (
            models.Index(
                fields=["decided_by", "-decided_at"],
                name="seeded_by_person",
                condition=Q(decided_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} in send {self.send_id}"
