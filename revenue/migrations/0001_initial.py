"""Every table as the models tell it; what they can't tell is in 0002."""

import datetime

import django.contrib.auth.models
import django.contrib.auth.validators
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import revenue.models.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Brand",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=200, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("locations", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="ColumnMapping",
            fields=[
                ("slug", models.SlugField(max_length=40, primary_key=True, serialize=False)),
                ("title", models.CharField(max_length=120)),
                ("spec", models.JSONField()),
                ("created_at", models.DateTimeField()),
                ("created_by", revenue.models.fields.ActorField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("beaten_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="LedgerCursor",
            fields=[
                ("consumer", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Segment",
            fields=[
                ("slug", models.SlugField(max_length=32, primary_key=True, serialize=False)),
                ("label", models.CharField(max_length=80)),
                ("condition", models.JSONField(null=True)),
                ("position", models.PositiveSmallIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Source",
            fields=[
                ("slug", models.SlugField(max_length=40, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120)),
                ("attribution", models.CharField(blank=True, max_length=400)),
                (
                    "keep_days",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Empty means no limit.",
                        null=True,
                        verbose_name="days a record may be kept",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "last_login",
                    models.DateTimeField(blank=True, null=True, verbose_name="last login"),
                ),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        error_messages={"unique": "A user with that username already exists."},
                        help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                        max_length=150,
                        unique=True,
                        validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                        verbose_name="username",
                    ),
                ),
                (
                    "first_name",
                    models.CharField(blank=True, max_length=150, verbose_name="first name"),
                ),
                (
                    "last_name",
                    models.CharField(blank=True, max_length=150, verbose_name="last name"),
                ),
                (
                    "email",
                    models.EmailField(blank=True, max_length=254, verbose_name="email address"),
                ),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                (
                    "date_joined",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="date joined"
                    ),
                ),
                ("time_zone", models.CharField(default="America/Vancouver", max_length=64)),
                ("shortcuts", models.BooleanField(default=True, verbose_name="keyboard shortcuts")),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "user",
                "verbose_name_plural": "users",
                "abstract": False,
            },
            managers=[
                ("objects", django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name="Action",
            fields=[
                ("slug", models.SlugField(max_length=32, primary_key=True, serialize=False)),
                ("label", models.CharField(max_length=80)),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("identification", "Identification"),
                            ("outreach", "Outreach"),
                            ("follow_up", "Follow-up"),
                            ("qualification", "Qualification and handoff"),
                            ("close", "Close"),
                            ("after_close", "After the close"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "side",
                    models.CharField(
                        choices=[("discovery", "Discovery"), ("commitment", "Commitment")],
                        max_length=10,
                    ),
                ),
                (
                    "ceiling",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "Observes"),
                            (1, "Drafts; a person executes"),
                            (2, "A person approves each"),
                            (3, "Acts inside policy; at least 10 % audited"),
                            (4, "Acts inside policy; at least 2 % audited"),
                        ]
                    ),
                ),
                (
                    "only_seat",
                    models.CharField(
                        blank=True, max_length=32, verbose_name="the one seat that may hold it"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("slug", "side", "ceiling", "only_seat"), name="action_limits"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("name_key", models.CharField(max_length=200)),
                (
                    "brand_key",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="what brands are grouped by"
                    ),
                ),
                (
                    "brand_stated",
                    models.BooleanField(default=False, verbose_name="a source names the brand"),
                ),
                ("category", models.CharField(default="other", max_length=40)),
                ("category_group", models.CharField(default="other", max_length=40)),
                (
                    "trade",
                    models.CharField(
                        blank=True, max_length=300, verbose_name="what they say they do"
                    ),
                ),
                ("phone", models.CharField(blank=True, max_length=20)),
                ("website", models.CharField(blank=True, max_length=300)),
                ("unit", models.CharField(blank=True, max_length=40)),
                ("street", models.CharField(blank=True, max_length=160)),
                (
                    "area",
                    models.CharField(
                        blank=True, max_length=80, verbose_name="community or quarter"
                    ),
                ),
                ("city", models.CharField(blank=True, max_length=80)),
                ("region", models.CharField(blank=True, max_length=16)),
                ("postcode", models.CharField(blank=True, max_length=16)),
                ("country", models.CharField(blank=True, max_length=2)),
                ("latitude", models.FloatField(null=True)),
                ("longitude", models.FloatField(null=True)),
                ("employees_full_time", models.PositiveIntegerField(null=True)),
                ("employees_part_time", models.PositiveIntegerField(null=True)),
                ("created_at", models.DateTimeField()),
                (
                    "changed_at",
                    models.DateTimeField(verbose_name="last change of a fact that policies read"),
                ),
                ("icp_effect", models.CharField(blank=True, max_length=5)),
                ("icp_rule", models.CharField(blank=True, max_length=64)),
                ("screened_at", models.DateTimeField(null=True)),
                (
                    "search",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.contrib.postgres.search.SearchVector(
                            "name", "trade", "street", "area", "city", config="simple"
                        ),
                        output_field=django.contrib.postgres.search.SearchVectorField(),
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        help_text="Set when a person said that both are one business; this row only remembers.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.account",
                    ),
                ),
                (
                    "brand",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="accounts",
                        to="revenue.brand",
                    ),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["search"], name="account_search"
                    ),
                    models.Index(fields=["name_key", "id"], name="account_by_name"),
                    models.Index(
                        condition=models.Q(("brand_key", ""), _negated=True),
                        fields=["brand_key"],
                        name="account_by_brand",
                    ),
                    models.Index(fields=["icp_effect", "name_key", "id"], name="account_by_effect"),
                    models.Index(
                        fields=["icp_effect", "icp_rule", "category", "area"],
                        name="account_patterns",
                    ),
                    models.Index(fields=["category", "name_key", "id"], name="account_by_category"),
                    models.Index(
                        condition=models.Q(
                            ("merged_into__isnull", True),
                            models.Q(
                                ("screened_at__isnull", True),
                                ("screened_at__lt", models.F("changed_at")),
                                _connector="OR",
                            ),
                        ),
                        fields=["id"],
                        name="account_unscreened",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Contact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=120)),
                ("role", models.CharField(blank=True, max_length=120)),
                ("email", models.EmailField(max_length=254)),
                ("time_zone", models.CharField(blank=True, max_length=64)),
                ("country", models.CharField(blank=True, max_length=2)),
                ("region", models.CharField(blank=True, max_length=16)),
                (
                    "consent",
                    models.CharField(
                        choices=[
                            ("none", "None on record"),
                            ("implied_published", "Implied: address published for business"),
                            ("existing_business", "Existing business"),
                            ("express", "Express"),
                        ],
                        default="none",
                        max_length=20,
                    ),
                ),
                (
                    "legal_form",
                    models.CharField(
                        choices=[
                            ("unknown", "Unknown"),
                            ("company", "Company"),
                            ("sole_trader", "Sole trader or partnership"),
                        ],
                        default="unknown",
                        max_length=12,
                    ),
                ),
                (
                    "published_url",
                    models.CharField(
                        blank=True,
                        max_length=500,
                        verbose_name="page where the address was published",
                    ),
                ),
                (
                    "published_on",
                    models.DateField(blank=True, null=True, verbose_name="date it was seen there"),
                ),
                ("published_excerpt", models.CharField(blank=True, max_length=500)),
                (
                    "no_solicitation",
                    models.BooleanField(
                        blank=True, null=True, verbose_name="the page asks not to be written to"
                    ),
                ),
                ("record_id", models.CharField(blank=True, max_length=120)),
                ("added_at", models.DateTimeField()),
                ("added_by", revenue.models.fields.ActorField(max_length=64)),
                ("last_reply_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contacts",
                        to="revenue.account",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.source",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(models.functions.Lower("email"), name="contact_by_address")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("account"),
                        models.functions.Lower("email"),
                        name="contact_address_once_per_account",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("published_url", ""), ("published_on__isnull", False), _connector="OR"
                        ),
                        name="contact_publication_is_dated",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Deal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("identified", "Identified"),
                            ("contacted", "Contacted"),
                            ("engaged", "Engaged"),
                            ("qualified", "Qualified"),
                            ("proposal", "Proposal"),
                            ("verbal", "Verbal yes"),
                            ("won", "Won"),
                            ("lost", "Lost"),
                        ],
                        default="identified",
                        max_length=12,
                    ),
                ),
                (
                    "readiness",
                    models.CharField(
                        choices=[
                            ("exploring", "Exploring"),
                            ("qualified", "Qualified"),
                            ("commitment_ready", "Commitment-ready"),
                        ],
                        default="exploring",
                        max_length=16,
                    ),
                ),
                (
                    "value_minor",
                    models.BigIntegerField(
                        verbose_name="expected value, in the currency's smallest unit"
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("opened_at", models.DateTimeField()),
                ("opened_by", revenue.models.fields.ActorField(max_length=64)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deals",
                        to="revenue.account",
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
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("stage__in", ["won", "lost"]), _negated=True),
                        fields=("account",),
                        name="deal_one_open_per_account",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("value_minor__gte", 0)), name="deal_value_not_negative"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="House",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "label",
                    models.CharField(default="4C", max_length=40, verbose_name="proprietary label"),
                ),
                ("banned_phrases", models.JSONField(default=list)),
                (
                    "hold_seconds",
                    models.PositiveIntegerField(
                        default=30,
                        validators=[django.core.validators.MaxValueValidator(3600)],
                        verbose_name="seconds between approval and sending",
                    ),
                ),
                (
                    "policy_hold_seconds",
                    models.PositiveIntegerField(
                        default=600,
                        validators=[django.core.validators.MaxValueValidator(86400)],
                        verbose_name="seconds between approval by policy and sending",
                    ),
                ),
                (
                    "seeded_share",
                    models.FloatField(
                        default=0.02,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(0.2),
                        ],
                        verbose_name="share of waiting mails that carry a planted fault",
                    ),
                ),
                (
                    "catch_bar",
                    models.FloatField(
                        default=0.7,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(1),
                        ],
                        verbose_name="share of planted faults that must be caught to decide in bulk",
                    ),
                ),
                (
                    "audited_bar",
                    models.FloatField(
                        default=0.05,
                        validators=[
                            django.core.validators.MinValueValidator(0.001),
                            django.core.validators.MaxValueValidator(0.5),
                        ],
                        verbose_name="highest share of faults for level 3",
                    ),
                ),
                (
                    "trusted_bar",
                    models.FloatField(
                        default=0.01,
                        validators=[
                            django.core.validators.MinValueValidator(0.001),
                            django.core.validators.MaxValueValidator(0.5),
                        ],
                        verbose_name="highest share of faults for level 4",
                    ),
                ),
                (
                    "due_hours",
                    models.PositiveIntegerField(
                        default=24,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="hours until a draft is due",
                    ),
                ),
                (
                    "expire_hours",
                    models.PositiveIntegerField(
                        default=72,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="hours until a draft expires",
                    ),
                ),
                (
                    "open_drafts",
                    models.PositiveIntegerField(
                        default=40, verbose_name="drafts that may wait for a person at once"
                    ),
                ),
                (
                    "deal_value_minor",
                    models.BigIntegerField(
                        default=480000, verbose_name="expected value of a new deal"
                    ),
                ),
                ("currency", models.CharField(default="CAD", max_length=3)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="house_is_one"),
                    models.CheckConstraint(
                        condition=models.Q(("due_hours__lte", models.F("expire_hours"))),
                        name="house_due_first",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("spec", models.JSONField(help_text="The mapping as it was when the run started.")),
                ("file_name", models.CharField(max_length=200)),
                ("size", models.BigIntegerField(verbose_name="bytes")),
                ("dry_run", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("offset", models.BigIntegerField(default=0)),
                ("line", models.BigIntegerField(default=0)),
                ("rows", models.BigIntegerField(default=0)),
                ("created", models.BigIntegerField(default=0)),
                ("changed", models.BigIntegerField(default=0)),
                ("unchanged", models.BigIntegerField(default=0)),
                (
                    "merged",
                    models.BigIntegerField(default=0, verbose_name="matched to a known account"),
                ),
                (
                    "moved",
                    models.BigIntegerField(
                        default=0, verbose_name="changed rows that went to another account"
                    ),
                ),
                ("doubtful", models.BigIntegerField(default=0)),
                ("refused", models.BigIntegerField(default=0, verbose_name="rows with errors")),
                ("report", models.JSONField(default=dict, verbose_name="samples of each outcome")),
                ("failure", models.CharField(blank=True, max_length=500)),
                ("started_at", models.DateTimeField()),
                ("started_by", revenue.models.fields.ActorField(max_length=64)),
                ("moved_at", models.DateTimeField(verbose_name="last progress")),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "mapping",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.columnmapping",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "running")),
                        fields=["id"],
                        name="import_running",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", True), ("state", "running")),
                            models.Q(
                                models.Q(("state", "running"), _negated=True),
                                ("finished_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="import_run_ends",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportIssue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("line", models.BigIntegerField()),
                ("column", models.CharField(blank=True, max_length=120)),
                ("reason", models.CharField(max_length=300)),
                ("excerpt", models.CharField(blank=True, max_length=120)),
                ("refused", models.BooleanField(default=True, verbose_name="the row was left out")),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="issues",
                        to="revenue.importrun",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["run", "line", "id"], name="import_issue_order")],
            },
        ),
        migrations.CreateModel(
            name="ImportChunk",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("data", models.BinaryField()),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chunks",
                        to="revenue.importrun",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("run", "number"), name="import_chunk_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="KillSwitch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("everything", "Everything"),
                            ("seat", "One seat"),
                            ("action", "One action"),
                        ],
                        max_length=10,
                    ),
                ),
                ("target", models.CharField(blank=True, max_length=32)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("thrown_at", models.DateTimeField()),
                ("thrown_by", revenue.models.fields.ActorField(max_length=64)),
                ("release_reason", models.CharField(max_length=500, null=True)),
                ("released_at", models.DateTimeField(null=True)),
                ("released_by", revenue.models.fields.ActorField(max_length=64, null=True)),
            ],
            options={
                "verbose_name_plural": "kill switches",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("released_at__isnull", True)),
                        fields=("scope", "target"),
                        name="kill_switch_thrown_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("scope", "everything"), ("target", "")),
                            models.Q(
                                models.Q(("scope", "everything"), _negated=True),
                                models.Q(("target", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="kill_switch_has_target",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(
                                    ("release_reason__isnull", False),
                                    ("released_at__isnull", False),
                                    ("released_by__isnull", False),
                                ),
                                models.Q(
                                    ("release_reason__isnull", True),
                                    ("released_at__isnull", True),
                                    ("released_by__isnull", True),
                                ),
                                _connector="OR",
                            ),
                            models.Q(("release_reason", ""), _negated=True),
                        ),
                        name="kill_switch_release_has_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LedgerEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "xid",
                    revenue.models.fields.TransactionIdField(
                        db_default=revenue.models.fields.CurrentTransactionId(), editable=False
                    ),
                ),
                ("at", models.DateTimeField()),
                ("kind", models.CharField(max_length=64)),
                ("subject", models.CharField(max_length=80)),
                ("actor", revenue.models.fields.ActorField(max_length=64)),
                ("data", models.JSONField(default=dict)),
                ("seq", models.BigIntegerField(editable=False, null=True)),
                ("digest", models.BinaryField(max_length=32, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("seq__isnull", True)),
                        fields=["xid", "id"],
                        name="ledger_unsealed",
                    ),
                    models.Index(fields=["subject", "seq"], name="ledger_by_subject"),
                    models.Index(fields=["actor", "seq"], name="ledger_by_actor"),
                    models.Index(fields=["kind", "seq"], name="ledger_by_kind"),
                    models.Index(fields=["at", "seq"], name="ledger_by_time"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("seq",), name="ledger_seq_unique"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("digest__isnull", False), ("seq__isnull", False)),
                            models.Q(("digest__isnull", True), ("seq__isnull", True)),
                            _connector="OR",
                        ),
                        name="ledger_seal_is_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind__contains", "\n"), _negated=True),
                            models.Q(("subject__contains", "\n"), _negated=True),
                        ),
                        name="ledger_text_is_one_line",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LedgerHead",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seq", models.BigIntegerField()),
                ("digest", models.BinaryField(max_length=32)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="ledger_one_head")
                ],
            },
        ),
        migrations.CreateModel(
            name="Mailbox",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("address", models.EmailField(max_length=254, unique=True)),
                ("sender_name", models.CharField(max_length=120)),
                ("company", models.CharField(max_length=120)),
                ("postal_address", models.CharField(blank=True, max_length=300)),
                ("time_zone", models.CharField(default="America/Vancouver", max_length=64)),
                ("warmup_started_on", models.DateField()),
                ("warmup_first_cap", models.PositiveIntegerField(default=15)),
                ("warmup_weekly_step", models.PositiveIntegerField(default=8)),
                ("cap_ceiling", models.PositiveIntegerField(default=40)),
                ("gap_min_s", models.PositiveIntegerField(default=60)),
                ("gap_max_s", models.PositiveIntegerField(default=300)),
                ("next_send_at", models.DateTimeField(null=True)),
                (
                    "authenticated",
                    models.BooleanField(default=False, verbose_name="SPF and DKIM are set up"),
                ),
                ("pause_reason", models.CharField(max_length=300, null=True)),
                ("paused_at", models.DateTimeField(null=True)),
                ("paused_by", revenue.models.fields.ActorField(max_length=64, null=True)),
            ],
            options={
                "verbose_name_plural": "mailboxes",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("gap_min_s__lte", models.F("gap_max_s"))),
                        name="mailbox_gap_ordered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("pause_reason__isnull", False),
                                ("paused_at__isnull", False),
                                ("paused_by__isnull", False),
                            ),
                            models.Q(
                                ("pause_reason__isnull", True),
                                ("paused_at__isnull", True),
                                ("paused_by__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="mailbox_pause_is_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PolicyVersion",
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
                        choices=[("icp", "Ideal customer profile"), ("send", "Send policy")],
                        max_length=16,
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("text", models.JSONField()),
                ("content_hash", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("validated", "Validated"),
                            ("backtested", "Backtested"),
                            ("shadow", "Shadow"),
                            ("active", "Active"),
                            ("retired", "Retired"),
                        ],
                        max_length=12,
                    ),
                ),
                ("written_at", models.DateTimeField()),
                ("written_by", revenue.models.fields.ActorField(max_length=64)),
                (
                    "loosens",
                    models.BooleanField(
                        null=True, verbose_name="lets more through than the one before"
                    ),
                ),
                ("analysis", models.JSONField(null=True)),
                ("proposed_at", models.DateTimeField(null=True)),
                ("proposed_by", revenue.models.fields.ActorField(max_length=64, null=True)),
                (
                    "alone_because",
                    models.CharField(
                        blank=True, max_length=500, verbose_name="why nobody else approved it"
                    ),
                ),
                ("published_at", models.DateTimeField(null=True)),
                ("published_by", revenue.models.fields.ActorField(max_length=64, null=True)),
                (
                    "based_on",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.policyversion",
                    ),
                ),
                (
                    "compared_with",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.policyversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "number"), name="policy_number_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "shadow")),
                        fields=("kind",),
                        name="policy_one_shadow_per_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("proposed_at__isnull", False), ("proposed_by__isnull", False)
                            ),
                            models.Q(("proposed_at__isnull", True), ("proposed_by__isnull", True)),
                            _connector="OR",
                        ),
                        name="policy_proposal_is_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("published_at__isnull", True),
                            ("number", 1),
                            models.Q(("loosens__isnull", False), ("proposed_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="policy_published_was_proven",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("published_at__isnull", True),
                            ("number", 1),
                            ("loosens", False),
                            models.Q(("published_by", models.F("proposed_by")), _negated=True),
                            models.Q(
                                models.Q(("alone_because", ""), _negated=True),
                                (
                                    "published_at__gte",
                                    models.F("proposed_at") + datetime.timedelta(days=1),
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="policy_loosening_needs_another",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "active")),
                        fields=("kind",),
                        name="policy_one_active_per_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("published_at__isnull", False), ("published_by__isnull", False)
                            ),
                            models.Q(
                                ("published_at__isnull", True), ("published_by__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="policy_publication_is_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["active", "retired"]), _negated=True),
                            ("published_at__isnull", False),
                            _connector="OR",
                        ),
                        name="policy_active_was_published",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PolicyStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("validated", "Validated"),
                            ("backtested", "Backtested"),
                            ("shadow", "Shadow"),
                            ("active", "Active"),
                            ("retired", "Retired"),
                        ],
                        max_length=12,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500)),
                ("stepped_at", models.DateTimeField()),
                ("stepped_by", revenue.models.fields.ActorField(max_length=64)),
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="revenue.policyversion",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PolicyEdit",
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
                        choices=[("icp", "Ideal customer profile"), ("send", "Send policy")],
                        max_length=16,
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("text", models.JSONField(null=True)),
                ("note", models.CharField(max_length=300, verbose_name="what was done")),
                ("saved_at", models.DateTimeField()),
                ("saved_by", revenue.models.fields.ActorField(max_length=64)),
                (
                    "based_on",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.policyversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "number"), name="edit_number_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="DueBatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("mails", models.PositiveIntegerField(verbose_name="how many were asked about")),
                ("asked_at", models.DateTimeField()),
                ("asked_by", revenue.models.fields.ActorField(max_length=64)),
                (
                    "policy",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.policyversion",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["asked_at"], name="due_batch_by_time")],
            },
        ),
        migrations.CreateModel(
            name="Backtest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("last_id", models.BigIntegerField()),
                ("ordered_at", models.DateTimeField()),
                ("ordered_by", revenue.models.fields.ActorField(max_length=64)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "against",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.policyversion",
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="backtests",
                        to="revenue.policyversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("finished_at__isnull", True)),
                        fields=("policy", "against"),
                        name="backtest_one_open",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PreviewRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("record_id", models.CharField(max_length=120)),
                ("fields", models.JSONField(null=True)),
                ("name_key", models.CharField(blank=True, max_length=200)),
                ("phone", models.CharField(blank=True, max_length=20)),
                (
                    "street_key",
                    models.CharField(
                        blank=True, max_length=160, verbose_name="number and folded street"
                    ),
                ),
                (
                    "door_key",
                    models.CharField(blank=True, max_length=40, verbose_name="number and postcode"),
                ),
                ("city_key", models.CharField(blank=True, max_length=80)),
                ("latitude", models.FloatField(null=True)),
                ("longitude", models.FloatField(null=True)),
                ("cell", models.BigIntegerField(null=True, verbose_name="square of about 200 m")),
                ("account", models.BigIntegerField()),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="revenue.importrun",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("phone", ""), _negated=True),
                        fields=["run", "phone"],
                        name="preview_phone",
                    ),
                    models.Index(
                        condition=models.Q(("street_key", ""), _negated=True),
                        fields=["run", "street_key"],
                        name="preview_street",
                    ),
                    models.Index(
                        condition=models.Q(("door_key", ""), _negated=True),
                        fields=["run", "door_key"],
                        name="preview_door",
                    ),
                    models.Index(
                        condition=models.Q(("cell__isnull", False)),
                        fields=["run", "cell"],
                        name="preview_cell",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("run", "record_id"), name="preview_once_per_run"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RelationshipFact",
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
                            ("left_over_price", "Left over the price"),
                            ("unhappy", "Was unhappy with us"),
                            ("champion_moved", "Our champion moved on"),
                            ("somebody_signs", "Somebody else must sign"),
                            ("pays_late", "Pays late"),
                            ("uses_other", "Works with somebody else"),
                            ("not_now", "Asked to wait"),
                            ("knows_us", "Knows and likes us"),
                            ("other", "Something else"),
                        ],
                        max_length=16,
                    ),
                ),
                ("statement", models.CharField(max_length=300)),
                (
                    "source",
                    models.CharField(
                        max_length=200, verbose_name="who said so, or where it stands"
                    ),
                ),
                (
                    "confidence",
                    models.CharField(
                        choices=[
                            ("certain", "Certain"),
                            ("likely", "Likely"),
                            ("hearsay", "Hearsay"),
                        ],
                        max_length=8,
                    ),
                ),
                ("valid_from", models.DateField()),
                ("valid_until", models.DateField(null=True)),
                ("noted_at", models.DateTimeField()),
                ("noted_by", revenue.models.fields.ActorField(max_length=64)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="relationship",
                        to="revenue.account",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.contact",
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="revenue.relationshipfact",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["account", "-noted_at"], name="relationship_by_account")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("statement", ""), _negated=True),
                            models.Q(("source", ""), _negated=True),
                        ),
                        name="relationship_is_sourced",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until__isnull", True),
                            ("valid_until__gte", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="relationship_ends_after_start",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("supersedes__isnull", True),
                            models.Q(("supersedes", models.F("id")), _negated=True),
                            _connector="OR",
                        ),
                        name="relationship_not_its_own",
                    ),
                    models.UniqueConstraint(
                        fields=("id", "account"), name="relationship_of_account"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RuleDay",
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
                        choices=[("icp", "Ideal customer profile"), ("send", "Send policy")],
                        max_length=16,
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("content", "When it is judged"),
                            ("timing", "When it is due to leave"),
                        ],
                        max_length=8,
                    ),
                ),
                ("rule", models.CharField(max_length=64)),
                ("day", models.DateField()),
                ("asked", models.PositiveIntegerField()),
                ("fired", models.PositiveIntegerField()),
                ("unknown", models.PositiveIntegerField()),
                (
                    "decided",
                    models.PositiveIntegerField(verbose_name="how often it gave the verdict"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "stage", "rule", "day"), name="rule_day_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Seat",
            fields=[
                ("slug", models.SlugField(max_length=32, primary_key=True, serialize=False)),
                ("title", models.CharField(max_length=80)),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("identification", "Identification"),
                            ("outreach", "Outreach"),
                            ("follow_up", "Follow-up"),
                            ("qualification", "Qualification and handoff"),
                            ("close", "Close"),
                            ("after_close", "After the close"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "side",
                    models.CharField(
                        choices=[("discovery", "Discovery"), ("commitment", "Commitment")],
                        max_length=10,
                    ),
                ),
                ("agent_name", models.CharField(blank=True, max_length=80)),
                ("is_agent", models.BooleanField()),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("is_agent", True),
                                ("person__isnull", True),
                                models.Q(("agent_name", ""), _negated=True),
                            ),
                            models.Q(("agent_name", ""), ("is_agent", False)),
                            _connector="OR",
                        ),
                        name="seat_has_one_owner",
                    ),
                    models.UniqueConstraint(fields=("slug", "side"), name="seat_side"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Draft",
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
                ("subject", models.TextField()),
                ("body", models.TextField()),
                ("claims", models.JSONField()),
                ("brief", models.JSONField()),
                ("template", models.CharField(max_length=80)),
                ("why_now", models.CharField(max_length=300)),
                ("written_at", models.DateTimeField()),
                ("written_by", revenue.models.fields.ActorField(max_length=64)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.account",
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
                    "replaces",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.draft",
                    ),
                ),
                (
                    "mailbox",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.mailbox",
                    ),
                ),
                (
                    "seat",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.seat",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["contact", "-id"], name="draft_by_contact")],
            },
        ),
        migrations.CreateModel(
            name="Authority",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "seat_side",
                    models.CharField(
                        choices=[("discovery", "Discovery"), ("commitment", "Commitment")],
                        max_length=10,
                    ),
                ),
                (
                    "action_side",
                    models.CharField(
                        choices=[("discovery", "Discovery"), ("commitment", "Commitment")],
                        max_length=10,
                    ),
                ),
                (
                    "ceiling",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "Observes"),
                            (1, "Drafts; a person executes"),
                            (2, "A person approves each"),
                            (3, "Acts inside policy; at least 10 % audited"),
                            (4, "Acts inside policy; at least 2 % audited"),
                        ]
                    ),
                ),
                ("only_seat", models.CharField(blank=True, max_length=32)),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "Observes"),
                            (1, "Drafts; a person executes"),
                            (2, "A person approves each"),
                            (3, "Acts inside policy; at least 10 % audited"),
                            (4, "Acts inside policy; at least 2 % audited"),
                        ]
                    ),
                ),
                (
                    "max_value_minor",
                    models.BigIntegerField(
                        null=True, verbose_name="largest deal, smallest unit of money"
                    ),
                ),
                ("per_day", models.PositiveIntegerField(null=True, verbose_name="how many a day")),
                ("valid_until", models.DateTimeField(null=True)),
                ("evidence", models.JSONField(default=dict)),
                (
                    "evidence_until",
                    models.DateTimeField(
                        null=True,
                        verbose_name="how long the evidence that it rests on bears it, if nothing more is found",
                    ),
                ),
                ("granted_at", models.DateTimeField()),
                ("granted_by", revenue.models.fields.ActorField(max_length=64)),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", revenue.models.fields.ActorField(max_length=64, null=True)),
                ("end_reason", models.CharField(max_length=300, null=True)),
                (
                    "action",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="authorities",
                        to="revenue.action",
                    ),
                ),
                (
                    "seat",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="authorities",
                        to="revenue.seat",
                    ),
                ),
                (
                    "segment",
                    models.ForeignKey(
                        default="everything",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="authorities",
                        to="revenue.segment",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "authorities",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("seat", "action", "segment"),
                        name="authority_once",
                    ),
                    models.UniqueConstraint(fields=("id", "level"), name="authority_has_level"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("only_seat", ""), ("only_seat", models.F("seat")), _connector="OR"
                        ),
                        name="authority_of_one_seat",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("end_reason__isnull", False),
                                ("ended_at__isnull", False),
                                ("ended_by__isnull", False),
                            ),
                            models.Q(
                                ("end_reason__isnull", True),
                                ("ended_at__isnull", True),
                                ("ended_by__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="authority_end_is_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("level__lte", models.F("ceiling"))),
                        name="authority_below_ceiling",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("action_side", "commitment"), ("seat_side", "discovery"), _negated=True
                        ),
                        name="authority_discovery_cannot_commit",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SourceRecord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("record_id", models.CharField(max_length=120)),
                ("fields", models.JSONField(null=True)),
                ("name_key", models.CharField(blank=True, max_length=200)),
                ("phone", models.CharField(blank=True, max_length=20)),
                (
                    "street_key",
                    models.CharField(
                        blank=True, max_length=160, verbose_name="number and folded street"
                    ),
                ),
                (
                    "door_key",
                    models.CharField(blank=True, max_length=40, verbose_name="number and postcode"),
                ),
                ("city_key", models.CharField(blank=True, max_length=80)),
                ("latitude", models.FloatField(null=True)),
                ("longitude", models.FloatField(null=True)),
                ("cell", models.BigIntegerField(null=True, verbose_name="square of about 200 m")),
                (
                    "match_why",
                    models.CharField(
                        blank=True, max_length=300, verbose_name="why it went to a known account"
                    ),
                ),
                ("match_score", models.FloatField(null=True)),
                ("content_hash", models.BinaryField(max_length=16)),
                ("first_seen_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                (
                    "seen_in_run",
                    models.BigIntegerField(null=True, verbose_name="import that saw it last"),
                ),
                ("expires_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="records",
                        to="revenue.account",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="records",
                        to="revenue.source",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("phone", ""), _negated=True),
                        fields=["phone"],
                        name="record_phone",
                    ),
                    models.Index(
                        condition=models.Q(("street_key", ""), _negated=True),
                        fields=["street_key"],
                        name="record_street",
                    ),
                    models.Index(
                        condition=models.Q(("door_key", ""), _negated=True),
                        fields=["door_key"],
                        name="record_door",
                    ),
                    models.Index(
                        condition=models.Q(("cell__isnull", False)),
                        fields=["cell"],
                        name="record_cell",
                    ),
                    models.Index(
                        condition=models.Q(("expires_at__isnull", False)),
                        fields=["expires_at"],
                        name="record_expiry",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "record_id"), name="record_once_per_source"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DoubtfulPair",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("why", models.CharField(max_length=300)),
                ("score", models.FloatField()),
                ("found_at", models.DateTimeField()),
                (
                    "answer",
                    models.CharField(
                        choices=[("same", "The same business"), ("different", "Two businesses")],
                        max_length=10,
                        null=True,
                    ),
                ),
                ("answered_at", models.DateTimeField(null=True)),
                ("answered_by", revenue.models.fields.ActorField(max_length=64, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="revenue.account",
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="revenue.sourcerecord",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("answer__isnull", True)),
                        fields=["-score", "id"],
                        name="pair_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("record", "account"), name="pair_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("answer__isnull", False),
                                ("answered_at__isnull", False),
                                ("answered_by__isnull", False),
                            ),
                            models.Q(
                                ("answer__isnull", True),
                                ("answered_at__isnull", True),
                                ("answered_by__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="pair_answer_is_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Suppression",
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
                            ("address", "Address"),
                            ("domain", "Domain"),
                            ("account", "Account"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "digest",
                    models.CharField(
                        max_length=64, verbose_name="HMAC-SHA256 of the normalised value, hex"
                    ),
                ),
                ("value", models.CharField(max_length=254, null=True)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("unsubscribed", "Unsubscribed"),
                            ("complaint", "Complained"),
                            ("bounced", "Address does not exist"),
                            ("asked", "Asked us not to write"),
                            ("imported", "Imported"),
                            ("other", "Other"),
                        ],
                        max_length=14,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300)),
                ("suppressed_at", models.DateTimeField()),
                ("suppressed_by", revenue.models.fields.ActorField(max_length=64)),
                ("lift_reason", models.CharField(max_length=300, null=True)),
                ("lifted_at", models.DateTimeField(null=True)),
                ("lifted_by", revenue.models.fields.ActorField(max_length=64, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["-suppressed_at", "-id"], name="suppression_latest")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_at__isnull", True)),
                        fields=("kind", "digest"),
                        name="suppression_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(
                                    ("lift_reason__isnull", False),
                                    ("lifted_at__isnull", False),
                                    ("lifted_by__isnull", False),
                                ),
                                models.Q(
                                    ("lift_reason__isnull", True),
                                    ("lifted_at__isnull", True),
                                    ("lifted_by__isnull", True),
                                ),
                                _connector="OR",
                            ),
                            models.Q(("lift_reason", ""), _negated=True),
                        ),
                        name="suppression_lift_has_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TimingVerdict",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subject", models.CharField(max_length=80)),
                (
                    "fired",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64), size=None
                    ),
                ),
                (
                    "unknown",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64), size=None
                    ),
                ),
                (
                    "rule",
                    models.CharField(blank=True, max_length=64, verbose_name="what made it wait"),
                ),
                ("asked_again_at", models.DateTimeField(null=True)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="verdicts",
                        to="revenue.duebatch",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("asked_again_at__isnull", True), ("rule", "")),
                            models.Q(
                                models.Q(("rule", ""), _negated=True),
                                ("asked_again_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="timing_waits_until_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("fired", []), _negated=True),
                            models.Q(("unknown", []), _negated=True),
                            _connector="OR",
                        ),
                        name="timing_only_where_a_rule_spoke",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Verdict",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subject", models.CharField(max_length=80)),
                (
                    "effect",
                    models.CharField(
                        choices=[("deny", "Denied"), ("hold", "Held"), ("allow", "Allowed")],
                        max_length=5,
                    ),
                ),
                ("rule", models.CharField(blank=True, max_length=64, verbose_name="deciding rule")),
                ("facts", models.JSONField()),
                ("trace", models.JSONField()),
                ("given_at", models.DateTimeField()),
                ("given_by", revenue.models.fields.ActorField(max_length=64)),
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="verdicts",
                        to="revenue.policyversion",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["subject", "-id"], name="verdict_by_subject"),
                    models.Index(fields=["policy", "id"], name="verdict_by_policy"),
                    models.Index(fields=["given_at"], name="verdict_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShadowVerdict",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "effect",
                    models.CharField(
                        choices=[("deny", "Denied"), ("hold", "Held"), ("allow", "Allowed")],
                        max_length=5,
                    ),
                ),
                ("rule", models.CharField(blank=True, max_length=64, verbose_name="deciding rule")),
                ("trace", models.JSONField()),
                (
                    "policy",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.policyversion",
                    ),
                ),
                (
                    "verdict",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="revenue.verdict",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["verdict"], name="shadow_by_verdict")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("policy", "verdict"), name="shadow_once_per_verdict"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="VerdictObjection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                ("raised_at", models.DateTimeField()),
                ("raised_by", revenue.models.fields.ActorField(max_length=64)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("withdrawn_by", revenue.models.fields.ActorField(max_length=64, null=True)),
                (
                    "verdict",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="objections",
                        to="revenue.verdict",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at__isnull", True)),
                        fields=("verdict",),
                        name="objection_once_per_verdict",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="objection_has_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("withdrawn_at__isnull", False), ("withdrawn_by__isnull", False)
                            ),
                            models.Q(
                                ("withdrawn_at__isnull", True), ("withdrawn_by__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="objection_withdrawal_is_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BacktestSlice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("first_id", models.BigIntegerField()),
                ("last_id", models.BigIntegerField()),
                ("counts", models.JSONField(default=dict)),
                (
                    "newly_allowed",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "newly_held",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "newly_denied",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "backtest",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="slices",
                        to="revenue.backtest",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("done_at__isnull", True)),
                        fields=["backtest", "number"],
                        name="slice_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("backtest", "number"), name="slice_number_once")
                ],
            },
        ),
        migrations.AddField(
            model_name="Account",
            name="icp_verdict",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="revenue.verdict",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("icp_effect", ""), ("icp_verdict__isnull", False), _connector="OR"
                ),
                name="account_effect_by_verdict",
            ),
        ),
    ]
