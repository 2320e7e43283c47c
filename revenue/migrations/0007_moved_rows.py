"""Count the changed rows of an import that went to another account."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("revenue", "0006_timing_verdicts")]

    operations = [
        migrations.AddField(
            model_name="importrun",
            name="moved",
            field=models.BigIntegerField(
                default=0, verbose_name="changed rows that went to another account"
            ),
        )
    ]
