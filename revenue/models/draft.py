from __future__ import annotations

from django.db import models

from revenue.models.fields import ActorField


class MailKind(models.TextChoices):
    COLD = "cold", "Cold"
    REACTIVATION = "reactivation", "Reactivation"


class Draft(models.Model):
    """A mail that a seat proposes, with the evidence for each claim; never changed.

    House templates and models write through the same door (``agents.drafts.write_draft``).
    ``claims`` is a list of ``agents.drafting.claims.Claim`` as JSON, ``brief`` the
    ``agents.drafting.brief.Brief`` that it was written from.
    """

    deal = models.ForeignKey("revenue.Deal", models.PROTECT, related_name="+")
    account = models.ForeignKey("revenue.Account", models.PROTECT, related_name="+")
    contact = models.ForeignKey("revenue.Contact", models.PROTECT, related_name="+")
    mailbox = models.ForeignKey("revenue.Mailbox", models.PROTECT, related_name="+")
    seat = models.ForeignKey("revenue.Seat", models.PROTECT, related_name="+")
    replaces = models.OneToOneField("self", models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=12, choices=MailKind)
    subject = models.TextField()
    body = models.TextField()
    claims = models.JSONField()
    brief = models.JSONField()
    template = models.CharField(max_length=80)
    why_now = models.CharField(max_length=300)
    written_at = models.DateTimeField()
    written_by = ActorField()

    class Meta:
        indexes = (models.Index(fields=["contact", "-id"], name="draft_by_contact"),)

    def __str__(self) -> str:
        return f"draft {self.pk}"
