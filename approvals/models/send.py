from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Random

from revenue.models.draft import MailKind
from revenue.models.fields import ActorField, stated_together
from revenue.models.policy import Effect


class SendState(models.TextChoices):
    DENIED = "denied", "Denied by policy"
    PENDING = "pending", "Waiting for a decision"
    SNOOZED = "snoozed", "Snoozed"
    RETURNED = "returned", "Sent back"
    REJECTED = "rejected", "Rejected"
    EXPIRED = "expired", "Expired"
    STALE = "stale", "Overtaken by events"
    SUPERSEDED = "superseded", "Replaced by a newer draft"
    APPROVED = "approved", "Approved, waiting to leave"
    SENDING = "sending", "Leaving"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"
    UNCERTAIN = "uncertain", "Uncertain"
    REVOKED = "revoked", "Revoked"


OPEN_STATES = (
    SendState.PENDING,
    SendState.SNOOZED,
    SendState.APPROVED,
    SendState.SENDING,
    SendState.UNCERTAIN,
)
ALLOWED_STATES = (
    SendState.APPROVED,
    SendState.SENDING,
    SendState.SENT,
    SendState.FAILED,
    SendState.UNCERTAIN,
)
HANDED_STATES = (SendState.SENDING, SendState.SENT, SendState.UNCERTAIN)


class Risk(models.IntegerChoices):
    LOW = 1, "Low"
    MEDIUM = 2, "Medium"
    HIGH = 3, "High"


class Send(models.Model):
    """One drafted message to one contact, from draft to delivered.

    ``draft``, ``account``, ``contact`` and ``to_address`` never change (a trigger refuses it);
    the text lives in revisions, and ``revision`` is the one that stands. ``approval`` points to
    the decision that allowed exactly that revision: a composite foreign key binds the two.
    """

    draft = models.OneToOneField("revenue.Draft", models.PROTECT, related_name="+")
    deal = models.ForeignKey("revenue.Deal", models.PROTECT, related_name="+")
    account = models.ForeignKey("revenue.Account", models.PROTECT, related_name="+", db_index=False)
    contact = models.ForeignKey("revenue.Contact", models.PROTECT, related_name="+")
    mailbox = models.ForeignKey("revenue.Mailbox", models.PROTECT, related_name="+", db_index=False)
    seat = models.ForeignKey("revenue.Seat", models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=12, choices=MailKind)
    to_address = models.EmailField()
    to_name = models.CharField(max_length=120, blank=True)
    why_now = models.CharField(max_length=300)
    value_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    state = models.CharField(max_length=10, choices=SendState)
    state_at = models.DateTimeField("in this state since")
    state_reason = models.CharField(max_length=300, blank=True)
    round = models.PositiveSmallIntegerField("how often it came up for decision", default=1)
    revision = models.ForeignKey(
        "approvals.Revision", models.PROTECT, null=True, related_name="+", db_index=False
    )
    verdict = models.ForeignKey(
        "revenue.Verdict", models.PROTECT, null=True, related_name="+", db_index=False
    )
    policy = models.ForeignKey(
        "revenue.PolicyVersion", models.PROTECT, null=True, related_name="+", db_index=False
    )
    effect = models.CharField("what the send policy says", max_length=5, choices=Effect, blank=True)
    held_by = models.CharField("deciding rule", max_length=64, blank=True)
    risk = models.PositiveSmallIntegerField(choices=Risk, default=Risk.LOW)
    risk_marks = models.JSONField(default=list)
    draw = models.FloatField(
        "chance, drawn before anybody reads it: below a rate it is audited", db_default=Random()
    )
    revision_planted = models.BooleanField(
        "the standing text carries a planted fault", default=False
    )
    score = models.FloatField("place in the queue, see approvals.priority")
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    snoozed_until = models.DateTimeField(null=True)
    reserved_until = models.DateTimeField(null=True)
    reserved_by = ActorField(null=True)

    approval = models.ForeignKey(
        "approvals.Decision", models.PROTECT, null=True, related_name="+", db_index=False
    )
    approval_choice = models.CharField(max_length=8, default="approve", editable=False)
    cleared_under = models.ForeignKey(
        "revenue.PolicyVersion", models.PROTECT, null=True, related_name="+", db_index=False
    )
    leaves_at = models.DateTimeField("not before: hold, window, pace or retry", null=True)
    waits_for = models.CharField("what holds it back now", max_length=300, blank=True)
    message_id = models.CharField(max_length=120, null=True)
    token = models.CharField("unsubscribe token", max_length=43)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    lease_by = ActorField(null=True)
    sent_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=~Q(state__in=ALLOWED_STATES)
                | Q(approval__isnull=False, leaves_at__isnull=False),
                name="send_allowed_by_decision",
            ),
            models.CheckConstraint(
                condition=Q(approval_choice="approve"), name="send_approval_is_approve"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=ALLOWED_STATES) | Q(revision_planted=False),
                name="send_planted_never_allowed",
            ),
            models.CheckConstraint(
                condition=Q(draw__gte=0) & Q(draw__lt=1), name="send_draw_is_a_share"
            ),
            models.CheckConstraint(
                condition=~Q(state=SendState.SENDING) | Q(cleared_under__isnull=False),
                name="send_leaves_under_a_policy",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=HANDED_STATES) | Q(message_id__isnull=False),
                name="send_message_id_before_wire",
            ),
            models.CheckConstraint(
                condition=Q(state=SendState.SENDING, lease_until__isnull=False)
                | ~Q(state=SendState.SENDING) & Q(lease_until__isnull=True),
                name="send_leased_while_sending",
            ),
            models.CheckConstraint(
                condition=stated_together("lease_until", "lease_by"), name="send_lease_is_whole"
            ),
            models.CheckConstraint(
                condition=stated_together("reserved_until", "reserved_by"),
                name="send_reservation_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(state=SendState.SENT, sent_at__isnull=False)
                | ~Q(state=SendState.SENT) & Q(sent_at__isnull=True),
                name="send_sent_at_iff_sent",
            ),
            models.CheckConstraint(
                condition=Q(state=SendState.SNOOZED, snoozed_until__isnull=False)
                | ~Q(state=SendState.SNOOZED) & Q(snoozed_until__isnull=True),
                name="send_snoozed_until_a_time",
            ),
            models.UniqueConstraint(
                fields=["contact"],
                condition=Q(state__in=OPEN_STATES),
                name="send_one_open_per_contact",
            ),
            models.UniqueConstraint(fields=["message_id"], name="send_message_id_once"),
            models.UniqueConstraint(fields=["token"], name="send_token_once"),
        )
        indexes = (
            models.Index(
                fields=["-score", "-id"],
                name="send_queue",
                condition=Q(state=SendState.PENDING),
            ),
            models.Index(
                fields=["kind", "-score", "-id"],
                name="send_queue_kind",
                condition=Q(state=SendState.PENDING),
            ),
            models.Index(
                fields=["seat", "-score", "-id"],
                name="send_queue_seat",
                condition=Q(state=SendState.PENDING),
            ),
            models.Index(
                fields=["risk", "-score", "-id"],
                name="send_queue_risk",
                condition=Q(state=SendState.PENDING),
            ),
            models.Index(
                fields=["held_by", "-score", "-id"],
                name="send_queue_held_by",
                condition=Q(state=SendState.PENDING),
            ),
            models.Index(
                fields=["mailbox", "leaves_at", "id"],
                name="send_ready",
                condition=Q(state=SendState.APPROVED),
            ),
            models.Index(
                fields=["lease_until"], name="send_leased", condition=Q(state=SendState.SENDING)
            ),
            models.Index(
                fields=["expires_at"], name="send_expiry", condition=Q(state=SendState.PENDING)
            ),
            models.Index(
                fields=["snoozed_until"],
                name="send_snoozed",
                condition=Q(state=SendState.SNOOZED),
            ),
            models.Index(fields=["state", "-state_at", "-id"], name="send_by_state"),
            models.Index(fields=["account", "-id"], name="send_by_account"),
            models.Index(
                fields=["policy", "id"],
                name="send_to_judge_again",
                condition=Q(state__in=["pending", "snoozed", "approved"]),
            ),
        )

    def __str__(self) -> str:
        return f"send {self.pk}"


class EditClass(models.TextChoices):
    NONE = "none", "As drafted"
    COSMETIC = "cosmetic", "Wording"
    CLAIM = "claim", "A claim"
    OFFER = "offer", "The offer"


class Revision(models.Model):
    """One immutable text of a send, whole as it will arrive; an edit makes the next one."""

    send = models.ForeignKey(Send, models.PROTECT, related_name="revisions", db_index=False)
    number = models.PositiveSmallIntegerField()
    subject = models.TextField()
    body = models.TextField()
    footer = models.TextField()
    from_name = models.CharField(max_length=120)
    from_address = models.EmailField()
    claims = models.JSONField()
    faults = models.JSONField()
    edit_class = models.CharField(max_length=8, choices=EditClass, default=EditClass.NONE)
    planted = models.BooleanField("carries a planted fault; never delivered", default=False)
    content_hash = models.CharField(
        "SHA-256 of sender, recipient, subject, body and footer, hex", max_length=64
    )
    written_at = models.DateTimeField()
    written_by = ActorField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["send", "number"], name="revision_number_once"),
            models.UniqueConstraint(fields=["id", "send"], name="revision_of_send"),
            models.UniqueConstraint(fields=["id", "planted"], name="revision_is_planted"),
        )

    def __str__(self) -> str:
        return f"revision {self.number} of send {self.send_id}"
