"""Every table as the models tell it; what they can't tell is in 0002."""

import datetime

import django.db.models.deletion
from django.db import migrations, models

import revenue.models.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("revenue", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Revision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("subject", models.TextField()),
                ("body", models.TextField()),
                ("footer", models.TextField()),
                ("from_name", models.CharField(max_length=120)),
                ("from_address", models.EmailField(max_length=254)),
                ("claims", models.JSONField()),
                ("faults", models.JSONField()),
                (
                    "edit_class",
                    models.CharField(
                        choices=[
                            ("none", "As drafted"),
                            ("cosmetic", "Wording"),
                            ("claim", "A claim"),
                            ("offer", "The offer"),
                        ],
                        default="none",
                        max_length=8,
                    ),
                ),
                (
                    "planted",
                    models.BooleanField(
                        default=False, verbose_name="carries a planted fault; never delivered"
                    ),
                ),
                (
                    "content_hash",
                    models.CharField(
                        max_length=64,
                        verbose_name="SHA-256 of sender, recipient, subject, body and footer, hex",
                    ),
                ),
                ("written_at", models.DateTimeField()),
                ("written_by", revenue.models.fields.ActorField(max_length=64)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("id", "planted"), name="revision_is_planted")
                ],
            },
        ),
        migrations.CreateModel(
            name="Send",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("cold", "Cold"), ("reactivation", "Reactivation")], max_length=12
                    ),
                ),
                ("to_address", models.EmailField(max_length=254)),
                ("to_name", models.CharField(blank=True, max_length=120)),
                ("why_now", models.CharField(max_length=300)),
                ("value_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("denied", "Denied by policy"),
                            ("pending", "Waiting for a decision"),
                            ("snoozed", "Snoozed"),
                            ("returned", "Sent back"),
                            ("rejected", "Rejected"),
                            ("expired", "Expired"),
                            ("stale", "Overtaken by events"),
                            ("superseded", "Replaced by a newer draft"),
                            ("approved", "Approved, waiting to leave"),
                            ("sending", "Leaving"),
                            ("sent", "Sent"),
                            ("failed", "Failed"),
                            ("uncertain", "Uncertain"),
                            ("revoked", "Revoked"),
                        ],
                        max_length=10,
                    ),
                ),
                ("state_at", models.DateTimeField(verbose_name="in this state since")),
                ("state_reason", models.CharField(blank=True, max_length=300)),
                (
                    "round",
                    models.PositiveSmallIntegerField(
                        default=1, verbose_name="how often it came up for decision"
                    ),
                ),
                (
                    "effect",
                    models.CharField(
                        blank=True,
                        choices=[("deny", "Denied"), ("hold", "Held"), ("allow", "Allowed")],
                        max_length=5,
                        verbose_name="what the send policy says",
                    ),
                ),
                (
                    "held_by",
                    models.CharField(blank=True, max_length=64, verbose_name="deciding rule"),
                ),
                (
                    "risk",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "Low"), (2, "Medium"), (3, "High")], default=1
                    ),
                ),
                ("risk_marks", models.JSONField(default=list)),
                (
                    "draw",
                    models.FloatField(
                        db_default=models.functions.Random(),
                        verbose_name="chance, drawn before anybody reads it: below a rate it is audited",
                    ),
                ),
                (
                    "revision_planted",
                    models.BooleanField(
                        default=False, verbose_name="the standing text carries a planted fault"
                    ),
                ),
                (
                    "score",
                    models.FloatField(verbose_name="place in the queue, see approvals.priority"),
                ),
                ("due_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("snoozed_until", models.DateTimeField(null=True)),
                ("reserved_until", models.DateTimeField(null=True)),
                ("reserved_by", revenue.models.fields.ActorField(max_length=64, null=True)),
                (
                    "approval_choice",
                    models.CharField(default="approve", editable=False, max_length=8),
                ),
                (
                    "leaves_at",
                    models.DateTimeField(
                        null=True, verbose_name="not before: hold, window, pace or retry"
                    ),
                ),
                (
                    "waits_for",
                    models.CharField(
                        blank=True, max_length=300, verbose_name="what holds it back now"
                    ),
                ),
                ("message_id", models.CharField(max_length=120, null=True)),
                ("token", models.CharField(max_length=43, verbose_name="unsubscribe token")),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("lease_until", models.DateTimeField(null=True)),
                ("lease_by", revenue.models.fields.ActorField(max_length=64, null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.account",
                    ),
                ),
                (
                    "cleared_under",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.policyversion",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.contact",
                    ),
                ),
                (
                    "deal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.deal",
                    ),
                ),
                (
                    "draft",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.draft",
                    ),
                ),
                (
                    "mailbox",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.mailbox",
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.policyversion",
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="approvals.revision",
                    ),
                ),
                (
                    "seat",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.seat",
                    ),
                ),
                (
                    "verdict",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.verdict",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "pending")),
                        fields=["-score", "-id"],
                        name="send_queue",
                    ),
                    models.Index(
                        condition=models.Q(("state", "pending")),
                        fields=["kind", "-score", "-id"],
                        name="send_queue_kind",
                    ),
                    models.Index(
                        condition=models.Q(("state", "pending")),
                        fields=["seat", "-score", "-id"],
                        name="send_queue_seat",
                    ),
                    models.Index(
                        condition=models.Q(("state", "pending")),
                        fields=["risk", "-score", "-id"],
                        name="send_queue_risk",
                    ),
                    models.Index(
                        condition=models.Q(("state", "pending")),
                        fields=["held_by", "-score", "-id"],
                        name="send_queue_held_by",
                    ),
                    models.Index(
                        condition=models.Q(("state", "approved")),
                        fields=["mailbox", "leaves_at", "id"],
                        name="send_ready",
                    ),
                    models.Index(
                        condition=models.Q(("state", "sending")),
                        fields=["lease_until"],
                        name="send_leased",
                    ),
                    models.Index(
                        condition=models.Q(("state", "pending")),
                        fields=["expires_at"],
                        name="send_expiry",
                    ),
                    models.Index(
                        condition=models.Q(("state", "snoozed")),
                        fields=["snoozed_until"],
                        name="send_snoozed",
                    ),
                    models.Index(fields=["state", "-state_at", "-id"], name="send_by_state"),
                    models.Index(fields=["account", "-id"], name="send_by_account"),
                    models.Index(
                        condition=models.Q(("state__in", ["pending", "snoozed", "approved"])),
                        fields=["policy", "id"],
                        name="send_to_judge_again",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                (
                                    "state__in",
                                    ("approved", "sending", "sent", "failed", "uncertain"),
                                ),
                                _negated=True,
                            ),
                            ("revision_planted", False),
                            _connector="OR",
                        ),
                        name="send_planted_never_allowed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("draw__gte", 0), ("draw__lt", 1)),
                        name="send_draw_is_a_share",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "sending"), _negated=True),
                            ("cleared_under__isnull", False),
                            _connector="OR",
                        ),
                        name="send_leaves_under_a_policy",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("state__in", ("sending", "sent", "uncertain")), _negated=True
                            ),
                            ("message_id__isnull", False),
                            _connector="OR",
                        ),
                        name="send_message_id_before_wire",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lease_until__isnull", False), ("state", "sending")),
                            models.Q(
                                models.Q(("state", "sending"), _negated=True),
                                ("lease_until__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="send_leased_while_sending",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lease_by__isnull", False), ("lease_until__isnull", False)),
                            models.Q(("lease_by__isnull", True), ("lease_until__isnull", True)),
                            _connector="OR",
                        ),
                        name="send_lease_is_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("reserved_by__isnull", False), ("reserved_until__isnull", False)
                            ),
                            models.Q(
                                ("reserved_by__isnull", True), ("reserved_until__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="send_reservation_is_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("sent_at__isnull", False), ("state", "sent")),
                            models.Q(
                                models.Q(("state", "sent"), _negated=True),
                                ("sent_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="send_sent_at_iff_sent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("snoozed_until__isnull", False), ("state", "snoozed")),
                            models.Q(
                                models.Q(("state", "snoozed"), _negated=True),
                                ("snoozed_until__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="send_snoozed_until_a_time",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                ("pending", "snoozed", "approved", "sending", "uncertain"),
                            )
                        ),
                        fields=("contact",),
                        name="send_one_open_per_contact",
                    ),
                    models.UniqueConstraint(fields=("message_id",), name="send_message_id_once"),
                    models.UniqueConstraint(fields=("token",), name="send_token_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "revision_planted",
                    models.BooleanField(db_default=False, default=False, editable=False),
                ),
                ("started_at", models.DateTimeField()),
                ("started_by", revenue.models.fields.ActorField(max_length=64)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("accepted", "Accepted by the mail server"),
                            ("temporary", "Refused for now"),
                            ("permanent", "Refused for good"),
                            ("uncertain", "No answer after handing it over"),
                        ],
                        max_length=10,
                        null=True,
                    ),
                ),
                ("finished_at", models.DateTimeField(null=True)),
                ("code", models.CharField(blank=True, max_length=16, verbose_name="reply code")),
                ("reply", models.CharField(blank=True, max_length=300)),
                (
                    "mailbox",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.mailbox",
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.policyversion",
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="approvals.revision",
                    ),
                ),
                (
                    "send",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tries",
                        to="approvals.send",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["mailbox", "started_at", "outcome"], name="attempt_by_mailbox"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("send", "number"), name="attempt_number_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("finished_at__isnull", True)),
                        fields=("send",),
                        name="attempt_one_open_per_send",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("revision_planted", False)),
                        name="attempt_never_planted",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", False), ("outcome__isnull", False)),
                            models.Q(("finished_at__isnull", True), ("outcome__isnull", True)),
                            _connector="OR",
                        ),
                        name="attempt_settled_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Audit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("level", models.PositiveSmallIntegerField()),
                ("rate", models.FloatField()),
                ("basis", models.CharField(max_length=64)),
                ("drawn_at", models.DateTimeField()),
                (
                    "finding",
                    models.CharField(
                        choices=[
                            ("clean", "Clean"),
                            ("defect", "Would have been a fault"),
                            ("no_evidence", "Decided too fast to count"),
                        ],
                        max_length=11,
                        null=True,
                    ),
                ),
                ("found_at", models.DateTimeField(null=True)),
                ("found_by", revenue.models.fields.ActorField(max_length=64, null=True)),
                (
                    "action",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.action",
                    ),
                ),
                (
                    "seat",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.seat",
                    ),
                ),
                (
                    "segment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.segment",
                    ),
                ),
                (
                    "send",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="audit",
                        to="approvals.send",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("finding__isnull", False)),
                        fields=["seat", "action", "segment", "basis", "found_at"],
                        name="audit_evidence",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("rate__gt", 0), ("rate__lte", 1)),
                        name="audit_rate_is_a_share",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("finding__isnull", False),
                                ("found_at__isnull", False),
                                ("found_by__isnull", False),
                            ),
                            models.Q(
                                ("finding__isnull", True),
                                ("found_at__isnull", True),
                                ("found_by__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="audit_finding_is_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Bulk",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "choice",
                    models.CharField(
                        choices=[
                            ("approve", "Approved"),
                            ("reject", "Rejected"),
                            ("return", "Sent back"),
                            ("undo", "Undone"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "reason_code",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not_a_fit", "Not a fit"),
                            ("wrong_person", "Wrong person"),
                            ("bad_timing", "Bad timing"),
                            ("untrue", "Says something untrue"),
                            ("tone", "Tone is off"),
                            ("duplicate", "Already in touch"),
                            ("other", "Other"),
                        ],
                        max_length=16,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=1000)),
                ("filters", models.JSONField()),
                ("ordered_at", models.DateTimeField()),
                ("ordered_by", revenue.models.fields.ActorField(max_length=64)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("finished_at__isnull", True)),
                        fields=["id"],
                        name="bulk_open",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("choice", "approve"),
                            models.Q(
                                ("choice", "reject"), models.Q(("reason_code", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="bulk_approve_or_reject",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BulkItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "result",
                    models.CharField(
                        choices=[
                            ("decided", "Decided"),
                            ("already", "Somebody else was first"),
                            ("changed", "The text changed meanwhile"),
                            ("refused", "Refused"),
                            ("planted", "A planted fault"),
                        ],
                        max_length=8,
                        null=True,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300)),
                (
                    "bulk",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="approvals.bulk",
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="approvals.revision",
                    ),
                ),
                (
                    "send",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="approvals.send",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("result__isnull", True)),
                        fields=["bulk", "id"],
                        name="bulk_item_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("bulk", "send"), name="bulk_item_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ChangeRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("policy", "A policy version"), ("grant", "Authority of a seat")],
                        max_length=8,
                    ),
                ),
                ("grant", models.JSONField(null=True)),
                ("title", models.CharField(max_length=200)),
                ("why", models.CharField(blank=True, max_length=1000)),
                ("evidence", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waits for a decision"),
                            ("scheduled", "Takes effect later"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("withdrawn", "Withdrawn"),
                            ("lapsed", "Overtaken by events"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("proposed_at", models.DateTimeField()),
                ("proposed_by", revenue.models.fields.ActorField(max_length=64)),
                ("takes_effect_at", models.DateTimeField(null=True)),
                ("alone_because", models.CharField(blank=True, max_length=500)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by", revenue.models.fields.ActorField(max_length=64, null=True)),
                ("reason", models.CharField(blank=True, max_length=1000)),
                (
                    "policy",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.policyversion",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("waiting", "scheduled"))),
                        fields=["-proposed_at"],
                        name="change_open",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("grant__isnull", True),
                                ("kind", "policy"),
                                ("policy__isnull", False),
                            ),
                            models.Q(
                                ("grant__isnull", False),
                                ("kind", "grant"),
                                ("policy__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="change_is_of_one_thing",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                            models.Q(("decided_at__isnull", True), ("decided_by__isnull", True)),
                            _connector="OR",
                        ),
                        name="change_decision_is_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at__isnull", True),
                                ("state__in", ("waiting", "scheduled")),
                            ),
                            models.Q(
                                models.Q(("state__in", ("waiting", "scheduled")), _negated=True),
                                ("decided_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="change_decided_iff_closed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "approved"), _negated=True),
                            models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                            models.Q(
                                models.Q(("alone_because", ""), _negated=True),
                                (
                                    "decided_at__gte",
                                    models.F("proposed_at") + datetime.timedelta(days=1),
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="change_approved_by_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "scheduled"), _negated=True),
                            models.Q(
                                ("takes_effect_at__isnull", False),
                                models.Q(("alone_because", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="change_scheduled_has_time",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("waiting", "scheduled"))),
                        fields=("policy",),
                        name="change_one_open_per_policy",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("round", models.PositiveSmallIntegerField()),
                (
                    "choice",
                    models.CharField(
                        choices=[
                            ("approve", "Approved"),
                            ("reject", "Rejected"),
                            ("return", "Sent back"),
                            ("undo", "Undone"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "reason_code",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("not_a_fit", "Not a fit"),
                            ("wrong_person", "Wrong person"),
                            ("bad_timing", "Bad timing"),
                            ("untrue", "Says something untrue"),
                            ("tone", "Tone is off"),
                            ("duplicate", "Already in touch"),
                            ("other", "Other"),
                        ],
                        max_length=16,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=1000)),
                ("authority_level", models.PositiveSmallIntegerField(null=True)),
                ("visible_ms", models.PositiveIntegerField(null=True)),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("page", "Page"),
                            ("bulk", "Bulk"),
                            ("command", "Command"),
                            ("policy", "Policy"),
                        ],
                        max_length=8,
                    ),
                ),
                ("decided_at", models.DateTimeField()),
                ("decided_by", revenue.models.fields.ActorField(max_length=64)),
                (
                    "authority",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.authority",
                    ),
                ),
                (
                    "verdict",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.verdict",
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="approvals.revision",
                    ),
                ),
                (
                    "send",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="approvals.send",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["decided_by", "-id"], name="decision_by_person"),
                    models.Index(fields=["verdict"], name="decision_by_verdict"),
                    models.Index(
                        condition=models.Q(("authority__isnull", False)),
                        fields=["authority", "decided_at"],
                        name="decision_by_authority",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("choice", "undo"), _negated=True),
                        fields=("send", "round"),
                        name="decision_first_wins",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("choice", "undo")),
                        fields=("send", "round"),
                        name="decision_undone_once",
                    ),
                    models.UniqueConstraint(
                        fields=("id", "revision", "choice"), name="decision_about_revision"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("choice", "reject"), _negated=True),
                            models.Q(("reason_code", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="decision_reject_has_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("choice", "return"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="decision_return_has_note",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_by__startswith", "seat:"), _negated=True),
                            models.Q(
                                ("channel", "policy"),
                                ("choice", "approve"),
                                ("verdict__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="decision_by_seat_needs_verdict",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("authority__isnull", False),
                                ("authority_level__gte", 3),
                                ("authority_level__isnull", False),
                                ("channel", "policy"),
                                ("decided_by__startswith", "seat:"),
                            ),
                            models.Q(
                                models.Q(("channel", "policy"), _negated=True),
                                models.Q(("decided_by__startswith", "seat:"), _negated=True),
                                ("authority__isnull", True),
                                ("authority_level__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="decision_by_policy_needs_authority",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SeededDefect",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("wrong_name", "Another person's name"),
                            ("wrong_business", "Another business's name"),
                            ("wrong_place", "A place where they are not"),
                            ("wrong_number", "A number that is not true"),
                            ("invented_praise", "An invented claim"),
                            ("invented_offer", "An offer that we do not make"),
                        ],
                        max_length=16,
                    ),
                ),
                ("fragment", models.CharField(max_length=300)),
                (
                    "original",
                    models.CharField(
                        blank=True, max_length=300, verbose_name="what stood there before"
                    ),
                ),
                ("planted_at", models.DateTimeField()),
                ("caught", models.BooleanField(null=True)),
                ("visible_ms", models.PositiveIntegerField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by", revenue.models.fields.ActorField(max_length=64, null=True)),
                (
                    "revision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="approvals.revision",
                    ),
                ),
                (
                    "send",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="seeded",
                        to="approvals.send",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("decided_at__isnull", False)),
                        fields=["decided_by", "-decided_at"],
                        name="seeded_by_person",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("caught__isnull", False),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                            ),
                            models.Q(
                                ("caught__isnull", True),
                                ("decided_at__isnull", True),
                                ("decided_by__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="seeded_decision_is_whole",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SevereEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("complaint", "The recipient complained"),
                            ("wrong_recipient", "It went to the wrong person"),
                            ("unsupported_claim", "It stated something untrue"),
                        ],
                        max_length=20,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500)),
                ("reported_at", models.DateTimeField()),
                ("reported_by", revenue.models.fields.ActorField(max_length=64)),
                (
                    "send",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="severe_events",
                        to="approvals.send",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("send", "kind"), name="severe_once_per_kind")
                ],
            },
        ),
        migrations.AddField(
            model_name="Revision",
            name="send",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="revisions",
                to="approvals.send",
            ),
        ),
        migrations.AddField(
            model_name="Send",
            name="approval",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="approvals.decision",
            ),
        ),
        migrations.AddConstraint(
            model_name="send",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("state__in", ("approved", "sending", "sent", "failed", "uncertain")),
                        _negated=True,
                    ),
                    models.Q(("approval__isnull", False), ("leaves_at__isnull", False)),
                    _connector="OR",
                ),
                name="send_allowed_by_decision",
            ),
        ),
        migrations.AddConstraint(
            model_name="send",
            constraint=models.CheckConstraint(
                condition=models.Q(("approval_choice", "approve")), name="send_approval_is_approve"
            ),
        ),
        migrations.AddConstraint(
            model_name="revision",
            constraint=models.UniqueConstraint(
                fields=("send", "number"), name="revision_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="revision",
            constraint=models.UniqueConstraint(fields=("id", "send"), name="revision_of_send"),
        ),
    ]
