"""A decision of the policy without a level would pass for one of any level: null is not below 3."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = (("approvals", "0004_guards_of_letting_go"),)
    operations = (
        migrations.RemoveConstraint("decision", "decision_by_policy_needs_authority"),
        migrations.AddConstraint(
            "decision",
            models.CheckConstraint(
                condition=Q(
                    channel="policy",
                    decided_by__startswith="seat:",
                    authority__isnull=False,
                    authority_level__isnull=False,
                    authority_level__gte=3,
                )
                | ~Q(channel="policy")
                & ~Q(decided_by__startswith="seat:")
                & Q(authority__isnull=True, authority_level__isnull=True),
                name="decision_by_policy_needs_authority",
            ),
        ),
    )
