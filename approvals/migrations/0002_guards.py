"""What plain constraints can't hold: immutable rows, decisions about exactly one text, and planted
faults that never leave."""

from django.db import migrations

FUNCTIONS = """
create function send_recipient_stays() returns trigger language plpgsql as $$
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

TRIGGERS = """
create trigger approvals_send_recipient_stays before update on approvals_send
    for each row execute function send_recipient_stays();
create trigger approvals_send_no_delete before delete on approvals_send
    for each row execute function refuse_change();
create trigger approvals_changerequest_no_delete before delete on approvals_changerequest
    for each row execute function refuse_change();
create trigger approvals_changerequest_no_truncate before truncate on approvals_changerequest
    for each statement execute function refuse_change();
"""
TRIGGERS += "".join(
    f"""
create trigger approvals_{table}_no_change before update or delete on approvals_{table}
    for each row execute function refuse_change();
create trigger approvals_{table}_no_truncate before truncate on approvals_{table}
    for each statement execute function refuse_change();
"""
    for table in ("revision", "decision", "severeevent")
)

# The approval of a send is an approving decision about the very revision that stands, and each
# revision named by a send, a decision or an attempt is one of that send. Which texts are planted
# is copied beside each place that must not hold one, so that a plain check can refuse it; and a
# policy's decision carries the level under which it was made.
ACROSS_TABLES = """
alter table approvals_send
    add constraint send_approval_of_revision
        foreign key (approval_id, revision_id, approval_choice)
        references approvals_decision (id, revision_id, choice),
    add constraint send_revision_is_own
        foreign key (revision_id, id) references approvals_revision (id, send_id),
    add constraint send_revision_planted_or_not
        foreign key (revision_id, revision_planted)
        references approvals_revision (id, planted);
alter table approvals_decision
    add constraint decision_revision_of_send
        foreign key (revision_id, send_id) references approvals_revision (id, send_id),
    add constraint decision_level_of_authority
        foreign key (authority_id, authority_level) references revenue_authority (id, level);
alter table approvals_attempt
    add constraint attempt_revision_of_send
        foreign key (revision_id, send_id) references approvals_revision (id, send_id),
    add constraint attempt_revision_planted_or_not
        foreign key (revision_id, revision_planted)
        references approvals_revision (id, planted);
alter table approvals_seededdefect
    add constraint seeded_revision_of_send
        foreign key (revision_id, send_id) references approvals_revision (id, send_id);
"""


class Migration(migrations.Migration):
    dependencies = (("approvals", "0001_initial"), ("revenue", "0002_guards"))
    operations = (
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGERS, migrations.RunSQL.noop),
        migrations.RunSQL(ACROSS_TABLES, migrations.RunSQL.noop),
    )
