from __future__ import annotations

from django.db import models
from django.db.models import Q

from revenue.models.fields import ActorField, stated_together


class Source(models.Model):
    """Where records come from, and what its terms allow us to keep."""

    slug = models.SlugField(primary_key=True, max_length=40)
    name = models.CharField(max_length=120)
    attribution = models.CharField(max_length=400, blank=True)
    keep_days = models.PositiveIntegerField(
        "days a record may be kept", null=True, blank=True, help_text="Empty means no limit."
    )

    def __str__(self) -> str:
        return self.slug


class ColumnMapping(models.Model):
    """A saved way to read one kind of file; ``spec`` is a ``pipeline.mappings.Mapping``."""

    slug = models.SlugField(primary_key=True, max_length=40)
    title = models.CharField(max_length=120)
    spec = models.JSONField()
    created_at = models.DateTimeField()
    created_by = ActorField()

    def __str__(self) -> str:
        return self.slug


class MatchColumns(models.Model):
    """What records are compared by: a ``pipeline.normalising.MatchKeys``; empty is not known.

    ``fields`` holds the normalised values, or nothing once the source's terms ran out.
    """

    record_id = models.CharField(max_length=120)
    fields = models.JSONField(null=True)
    name_key = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    street_key = models.CharField("number and folded street", max_length=160, blank=True)
    door_key = models.CharField("number and postcode", max_length=40, blank=True)
    city_key = models.CharField(max_length=80, blank=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    cell = models.BigIntegerField("square of about 200 m", null=True)

    class Meta:
        abstract = True


class SourceRecord(MatchColumns):
    """One row of one source as last seen, and the account it was matched to."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="records")
    account = models.ForeignKey("revenue.Account", models.PROTECT, related_name="records")
    match_why = models.CharField("why it went to a known account", max_length=300, blank=True)
    match_score = models.FloatField(null=True)
    content_hash = models.BinaryField(max_length=16)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    seen_in_run = models.BigIntegerField("import that saw it last", null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["source", "record_id"], name="record_once_per_source"),
        )
        indexes = (
            models.Index(fields=["phone"], name="record_phone", condition=~Q(phone="")),
            models.Index(fields=["street_key"], name="record_street", condition=~Q(street_key="")),
            models.Index(fields=["door_key"], name="record_door", condition=~Q(door_key="")),
            models.Index(fields=["cell"], name="record_cell", condition=Q(cell__isnull=False)),
            models.Index(
                fields=["expires_at"], name="record_expiry", condition=Q(expires_at__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return f"{self.source_id} {self.record_id}"


class DoubtfulPair(models.Model):
    """A record that may be the same business as an account it was not merged with."""

    class Answer(models.TextChoices):
        SAME = "same", "The same business"
        DIFFERENT = "different", "Two businesses"

    record = models.ForeignKey(SourceRecord, models.CASCADE, related_name="+")
    account = models.ForeignKey("revenue.Account", models.CASCADE, related_name="+")
    why = models.CharField(max_length=300)
    score = models.FloatField()
    found_at = models.DateTimeField()
    answer = models.CharField(max_length=10, choices=Answer, null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = ActorField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["record", "account"], name="pair_once"),
            models.CheckConstraint(
                condition=stated_together("answer", "answered_at", "answered_by"),
                name="pair_answer_is_whole",
            ),
        )
        indexes = (
            models.Index(
                fields=["-score", "id"], name="pair_open", condition=Q(answer__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return f"{self.record_id} ~ {self.account_id}"
