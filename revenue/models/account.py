from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q


class Brand(models.Model):
    """Accounts that carry one name at several places."""

    key = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=200)
    locations = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Account(models.Model):
    """A business at one place, as its source records together describe it."""

    name = models.CharField(max_length=200)
    name_key = models.CharField(max_length=200)
    brand = models.ForeignKey(Brand, models.SET_NULL, null=True, related_name="accounts")
    brand_key = models.CharField("what brands are grouped by", max_length=200, blank=True)
    brand_stated = models.BooleanField("a source names the brand", default=False)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="Set when a person said that both are one business; this row only remembers.",
    )
    category = models.CharField(max_length=40, default="other")
    category_group = models.CharField(max_length=40, default="other")
    trade = models.CharField("what they say they do", max_length=300, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    website = models.CharField(max_length=300, blank=True)
    unit = models.CharField(max_length=40, blank=True)
    street = models.CharField(max_length=160, blank=True)
    area = models.CharField("community or quarter", max_length=80, blank=True)
    city = models.CharField(max_length=80, blank=True)
    region = models.CharField(max_length=16, blank=True)
    postcode = models.CharField(max_length=16, blank=True)
    country = models.CharField(max_length=2, blank=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    employees_full_time = models.PositiveIntegerField(null=True)
    employees_part_time = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField("last change of a fact that policies read")

    icp_effect = models.CharField(max_length=5, blank=True)
    icp_rule = models.CharField(max_length=64, blank=True)
    icp_verdict = models.ForeignKey("revenue.Verdict", models.PROTECT, null=True, related_name="+")
    screened_at = models.DateTimeField(null=True)

    search = models.GeneratedField(
        expression=SearchVector("name", "trade", "street", "area", "city", config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(icp_effect="") | Q(icp_verdict__isnull=False),
                name="account_effect_by_verdict",
            ),
        )
        indexes = (
            GinIndex(fields=["search"], name="account_search"),
            models.Index(fields=["name_key", "id"], name="account_by_name"),
            models.Index(fields=["brand_key"], name="account_by_brand", condition=~Q(brand_key="")),
            models.Index(fields=["icp_effect", "name_key", "id"], name="account_by_effect"),
            models.Index(
                fields=["icp_effect", "icp_rule", "category", "area"], name="account_patterns"
            ),
            models.Index(fields=["category", "name_key", "id"], name="account_by_category"),
            models.Index(
                fields=["id"],
                name="account_unscreened",
                condition=Q(merged_into__isnull=True)
                & (Q(screened_at__isnull=True) | Q(screened_at__lt=models.F("changed_at"))),
            ),
        )

    def __str__(self) -> str:
        return self.name
