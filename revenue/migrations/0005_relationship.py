"""A relationship fact moves with its account, and supersedes one of its own account."""

from django.db import migrations, models

FUNCTION = """
create or replace function relationship_stays() returns trigger language plpgsql as $$
declare
    moved revenue_relationshipfact := new;
begin
    -- Two accounts that turn out to be one keep the facts of both.
    moved.account_id := old.account_id;
    if moved is distinct from old then
        raise exception 'a relationship fact is never edited: note a newer one'
            using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
"""

OWN_ACCOUNT = """
alter table revenue_relationshipfact
    add constraint relationship_supersedes_own
        foreign key (supersedes_id, account_id)
        references revenue_relationshipfact (id, account_id);
"""


class Migration(migrations.Migration):
    dependencies = (("revenue", "0004_grants"),)
    operations = (
        migrations.AddConstraint(
            model_name="relationshipfact",
            constraint=models.UniqueConstraint(
                fields=("id", "account"), name="relationship_of_account"
            ),
        ),
        migrations.AddConstraint(
            model_name="relationshipfact",
            constraint=models.CheckConstraint(
                condition=models.Q(("supersedes__isnull", True))
                | ~models.Q(("supersedes", models.F("id"))),
                name="relationship_not_its_own",
            ),
        ),
        migrations.RunSQL(FUNCTION, migrations.RunSQL.noop),
        migrations.RunSQL(OWN_ACCOUNT, migrations.RunSQL.noop),
    )
