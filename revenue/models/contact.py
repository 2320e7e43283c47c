from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from revenue.models.fields import ActorField


class Consent(models.TextChoices):
    NONE = "none", "None on record"
    IMPLIED_PUBLISHED = "implied_published", "Implied: address published for business"
    EXISTING_BUSINESS = "existing_business", "Existing business"
    EXPRESS = "express", "Express"


class LegalForm(models.TextChoices):
    UNKNOWN = "unknown", "Unknown"
    COMPANY = "company", "Company"
    SOLE_TRADER = "sole_trader", "Sole trader or partnership"


class Contact(models.Model):
    """A person at an account with an address, and the evidence that we may write to it."""

    account = models.ForeignKey("revenue.Account", models.PROTECT, related_name="contacts")
    name = models.CharField(max_length=120, blank=True)
    role = models.CharField(max_length=120, blank=True)
    email = models.EmailField()
    time_zone = models.CharField(max_length=64, blank=True)
    country = models.CharField(max_length=2, blank=True)
    region = models.CharField(max_length=16, blank=True)
    consent = models.CharField(max_length=20, choices=Consent, default=Consent.NONE)
    legal_form = models.CharField(max_length=12, choices=LegalForm, default=LegalForm.UNKNOWN)
    published_url = models.CharField(
        "page where the address was published", max_length=500, blank=True
    )
    published_on = models.DateField("date it was seen there", null=True, blank=True)
    published_excerpt = models.CharField(max_length=500, blank=True)
    no_solicitation = models.BooleanField(
        "the page asks not to be written to", null=True, blank=True
    )
    source = models.ForeignKey("revenue.Source", models.PROTECT, null=True, related_name="+")
    record_id = models.CharField(max_length=120, blank=True)
    added_at = models.DateTimeField()
    added_by = ActorField()
    last_reply_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                "account", Lower("email"), name="contact_address_once_per_account"
            ),
            models.CheckConstraint(
                condition=Q(published_url="") | Q(published_on__isnull=False),
                name="contact_publication_is_dated",
            ),
        )
        indexes = (models.Index(Lower("email"), name="contact_by_address"),)

    def __str__(self) -> str:
        return f"contact {self.pk}"
