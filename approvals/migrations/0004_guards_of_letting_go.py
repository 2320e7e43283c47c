"""What plain constraints can't hold: a planted fault never leaves, a draw never changes."""

from django.db import migrations

FUNCTIONS = """
create or replace function send_recipient_stays() returns trigger language plpgsql as $$
begin
    if (new.draft_id, new.account_id, new.contact_id, new.to_address, new.token)
       is distinct from (old.draft_id, old.account_id, old.contact_id, old.to_address, old.token)
    then
        raise exception 'the recipient of a send never changes'
            using errcode = 'restrict_violation';
    end if;
    if old.message_id is not null and new.message_id is distinct from old.message_id then
        raise exception 'the Message-ID of a send never changes'
            using errcode = 'restrict_violation';
    end if;
    if new.draw is distinct from old.draw then
        raise exception 'the draw of a send never changes'
            using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
"""

APPEND_ONLY = """
create trigger approvals_severeevent_no_change before update or delete on approvals_severeevent
    for each row execute function refuse_change();
create trigger approvals_severeevent_no_truncate before truncate on approvals_severeevent
    for each statement execute function refuse_change();
create trigger approvals_changerequest_no_delete before delete on approvals_changerequest
    for each row execute function refuse_change();
create trigger approvals_changerequest_no_truncate before truncate on approvals_changerequest
    for each statement execute function refuse_change();
"""

# Which texts are planted is copied beside each place that must not hold one, so that a plain
# check can refuse it; and a policy's decision carries the level under which it was made.
ACROSS_TABLES = """
alter table approvals_send
    add constraint send_revision_planted_or_not
        foreign key (revision_id, revision_planted)
        references approvals_revision (id, planted);
alter table approvals_attempt
    add constraint attempt_revision_planted_or_not
        foreign key (revision_id, revision_planted)
        references approvals_revision (id, planted);
alter table approvals_seededdefect
    add constraint seeded_revision_of_send
        foreign key (revision_id, send_id) references approvals_revision (id, send_id);
alter table approvals_decision
    add constraint decision_level_of_authority
        foreign key (authority_id, authority_level) references revenue_authority (id, level);
"""


class Migration(migrations.Migration):
    dependencies = (
        ("approvals", "0003_letting_go"),
        ("revenue", "0004_grants"),
    )
    operations = (
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        migrations.RunSQL(APPEND_ONLY, migrations.RunSQL.noop),
        migrations.RunSQL(ACROSS_TABLES, migrations.RunSQL.noop),
    )
