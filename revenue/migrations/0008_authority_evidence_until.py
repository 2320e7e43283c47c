"""How long the evidence bears a grant that rests on some."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("revenue", "0007_moved_rows"),)

    operations = (
        migrations.AddField(
            model_name="authority",
            name="evidence_until",
            field=models.DateTimeField(
                null=True,
                verbose_name="how long the evidence that it rests on bears it, if nothing more is found",
            ),
        ),
    )
