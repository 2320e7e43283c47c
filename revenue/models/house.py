from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q


class House(models.Model):
    """How this house writes and decides: one row, edited on the settings page."""

    label = models.CharField("proprietary label", max_length=40, default="4C")
    banned_phrases = models.JSONField(default=list)
    hold_seconds = models.PositiveIntegerField(
        "seconds between approval and sending", default=30, validators=[MaxValueValidator(3600)]
    )
    policy_hold_seconds = models.PositiveIntegerField(
        "seconds between approval by policy and sending",
        default=600,
        validators=[MaxValueValidator(86_400)],
    )
    seeded_share = models.FloatField(
        "share of waiting mails that carry a planted fault",
        default=0.02,
        validators=[MinValueValidator(0), MaxValueValidator(0.2)],
    )
    catch_bar = models.FloatField(
        "share of planted faults that must be caught to decide in bulk",
        default=0.7,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
    )
    audited_bar = models.FloatField(
        "highest share of faults for level 3",
        default=0.05,
        validators=[MinValueValidator(0.001), MaxValueValidator(0.5)],
    )
    trusted_bar = models.FloatField(
        "highest share of faults for level 4",
        default=0.01,
        validators=[MinValueValidator(0.001), MaxValueValidator(0.5)],
    )
    due_hours = models.PositiveIntegerField(
        "hours until a draft is due", default=24, validators=[MinValueValidator(1)]
    )
    expire_hours = models.PositiveIntegerField(
        "hours until a draft expires", default=72, validators=[MinValueValidator(1)]
    )
    open_drafts = models.PositiveIntegerField(
        "drafts that may wait for a person at once", default=40
    )
    deal_value_minor = models.BigIntegerField("expected value of a new deal", default=480000)
    currency = models.CharField(max_length=3, default="CAD")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(id=1), name="house_is_one"),
            models.CheckConstraint(
                condition=Q(due_hours__lte=models.F("expire_hours")), name="house_due_first"
            ),
        )

    def __str__(self) -> str:
        return "house"
