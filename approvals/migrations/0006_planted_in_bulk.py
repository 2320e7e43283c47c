from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("approvals", "0005_policy_names_its_level"),)
    operations = (
        migrations.AlterField(
            model_name="bulkitem",
            name="result",
            field=models.CharField(
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
    )
