"""What the timing rules say of mails that are due: rows that are only added, and their counts."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import revenue.models.fields

APPEND_ONLY = "".join(
    f"""
create trigger {table}_no_change before update or delete on {table}
    for each row execute function refuse_change();
create trigger {table}_no_truncate before truncate on {table}
    for each statement execute function refuse_change();
"""
    for table in ("revenue_duebatch", "revenue_timingverdict")
)


class Migration(migrations.Migration):
    dependencies = (("revenue", "0005_relationship"),)

    operations = (
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
            ],
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
            ],
        ),
        migrations.RemoveConstraint(
            model_name="ruleday",
            name="rule_day_once",
        ),
        migrations.AddField(
            model_name="ruleday",
            name="stage",
            field=models.CharField(
                choices=[("content", "When it is judged"), ("timing", "When it is due to leave")],
                default="content",
                max_length=8,
            ),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="ruleday",
            constraint=models.UniqueConstraint(
                fields=("kind", "stage", "rule", "day"), name="rule_day_once"
            ),
        ),
        migrations.AddField(
            model_name="duebatch",
            name="policy",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="revenue.policyversion",
            ),
        ),
        migrations.AddField(
            model_name="timingverdict",
            name="batch",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="verdicts",
                to="revenue.duebatch",
            ),
        ),
        migrations.AddIndex(
            model_name="duebatch",
            index=models.Index(fields=["asked_at"], name="due_batch_by_time"),
        ),
        migrations.AddConstraint(
            model_name="timingverdict",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("asked_again_at__isnull", True), ("rule", "")),
                    models.Q(
                        models.Q(("rule", ""), _negated=True), ("asked_again_at__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="timing_waits_until_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="timingverdict",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("fired", []), _negated=True),
                    models.Q(("unknown", []), _negated=True),
                    _connector="OR",
                ),
                name="timing_only_where_a_rule_spoke",
            ),
        ),
        migrations.RunSQL(APPEND_ONLY, migrations.RunSQL.noop),
    )
