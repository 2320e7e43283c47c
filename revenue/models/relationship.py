from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from revenue.models.fields import ActorField


class RelationshipKind(models.TextChoices):
    LEFT_OVER_PRICE = "left_over_price", "Left over the price"
    UNHAPPY = "unhappy", "Was unhappy with us"
    CHAMPION_MOVED = "champion_moved", "Our champion moved on"
    SOMEBODY_SIGNS = "somebody_signs", "Somebody else must sign"
    PAYS_LATE = "pays_late", "Pays late"
    USES_OTHER = "uses_other", "Works with somebody else"
    NOT_NOW = "not_now", "Asked to wait"
    KNOWS_US = "knows_us", "Knows and likes us"
    OTHER = "other", "Something else"


class Confidence(models.TextChoices):
    CERTAIN = "certain", "Certain"
    LIKELY = "likely", "Likely"
    HEARSAY = "hearsay", "Hearsay"


class RelationshipFact(models.Model):
    """A typed, dated, sourced statement about an account or a person there.

    Never edited: a newer one of the same account supersedes it. It holds from ``valid_from`` to
    ``valid_until``, both days included.
    """

    account = models.ForeignKey("revenue.Account", models.PROTECT, related_name="relationship")
    contact = models.ForeignKey("revenue.Contact", models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=16, choices=RelationshipKind)
    statement = models.CharField(max_length=300)
    source = models.CharField("who said so, or where it stands", max_length=200)
    confidence = models.CharField(max_length=8, choices=Confidence)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="superseded_by"
    )
    noted_at = models.DateTimeField()
    noted_by = ActorField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=~Q(statement="") & ~Q(source=""), name="relationship_is_sourced"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="relationship_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(supersedes__isnull=True) | ~Q(supersedes=F("id")),
                name="relationship_not_its_own",
            ),
            models.UniqueConstraint(fields=["id", "account"], name="relationship_of_account"),
        )
        indexes = (models.Index(fields=["account", "-noted_at"], name="relationship_by_account"),)

    def __str__(self) -> str:
        return f"{self.kind} of account {self.account_id}"
