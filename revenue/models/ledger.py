from __future__ import annotations

from django.db import models
from django.db.models import Q

from revenue.models.fields import (
    ActorField,
    CurrentTransactionId,
    TransactionIdField,
    stated_together,
)


class LedgerEvent(models.Model):
    """One thing that happened. Written unsealed by the operation, numbered and chained later.

    The database refuses DELETE, and every UPDATE but the one that seals a row.
    """

    id = models.BigAutoField(primary_key=True)
    xid = TransactionIdField(db_default=CurrentTransactionId(), editable=False)
    at = models.DateTimeField()
    kind = models.CharField(max_length=64)
    subject = models.CharField(max_length=80)
    actor = ActorField()
    data = models.JSONField(default=dict)
    seq = models.BigIntegerField(null=True, editable=False)
    digest = models.BinaryField(max_length=32, null=True, editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["seq"], name="ledger_seq_unique"),
            models.CheckConstraint(
                condition=stated_together("seq", "digest"), name="ledger_seal_is_whole"
            ),
            models.CheckConstraint(
                condition=~Q(kind__contains="\n") & ~Q(subject__contains="\n"),
                name="ledger_text_is_one_line",
            ),
        )
        indexes = (
            models.Index(
                fields=["xid", "id"],
                name="ledger_unsealed",
                condition=Q(seq__isnull=True),
            ),
            models.Index(fields=["subject", "seq"], name="ledger_by_subject"),
            models.Index(fields=["actor", "seq"], name="ledger_by_actor"),
            models.Index(fields=["kind", "seq"], name="ledger_by_kind"),
            models.Index(fields=["at", "seq"], name="ledger_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.seq or 'unsealed'} {self.kind} {self.subject}"


class LedgerHead(models.Model):
    """The last sealed number and digest, kept apart so that a cut-off end shows too."""

    seq = models.BigIntegerField()
    digest = models.BinaryField(max_length=32)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="ledger_one_head"),)

    def __str__(self) -> str:
        return f"head at {self.seq}"


class LedgerCursor(models.Model):
    """How far a consumer has read: the sequence number of the last event it handled."""

    consumer = models.CharField(primary_key=True, max_length=64)
    seq = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.consumer} at {self.seq}"
