from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from revenue.models.fields import ActorField, stated_together


class Mailbox(models.Model):
    """An address that we send from, with its pace.

    The daily cap starts at ``warmup_first_cap`` and grows by ``warmup_weekly_step`` a week up to
    ``cap_ceiling``; between two mails lies a random gap of ``gap_min_s`` to ``gap_max_s`` seconds.
    """

    address = models.EmailField(unique=True)
    sender_name = models.CharField(max_length=120)
    company = models.CharField(max_length=120)
    postal_address = models.CharField(max_length=300, blank=True)
    time_zone = models.CharField(max_length=64, default="America/Vancouver")
    warmup_started_on = models.DateField()
    warmup_first_cap = models.PositiveIntegerField(default=15)
    warmup_weekly_step = models.PositiveIntegerField(default=8)
    cap_ceiling = models.PositiveIntegerField(default=40)
    gap_min_s = models.PositiveIntegerField(default=60)
    gap_max_s = models.PositiveIntegerField(default=300)
    next_send_at = models.DateTimeField(null=True)
    authenticated = models.BooleanField("SPF and DKIM are set up", default=False)
    pause_reason = models.CharField(max_length=300, null=True)
    paused_at = models.DateTimeField(null=True)
    paused_by = ActorField(null=True)

    class Meta:
        verbose_name_plural = "mailboxes"
        constraints = (
            models.CheckConstraint(
                condition=Q(gap_min_s__lte=F("gap_max_s")), name="mailbox_gap_ordered"
            ),
            models.CheckConstraint(
                condition=stated_together("paused_at", "paused_by", "pause_reason"),
                name="mailbox_pause_is_whole",
            ),
        )

    def __str__(self) -> str:
        return f"mailbox {self.pk}"
