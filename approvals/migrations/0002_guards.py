"""What plain constraints can't hold: immutable rows, and decisions about exactly one text."""

from django.db import migrations

TRIGGERS = """
create trigger approvals_revision_no_change before update or delete on approvals_revision
    for each row execute function refuse_change();
create trigger approvals_revision_no_truncate before truncate on approvals_revision
    for each statement execute function refuse_change();

create trigger approvals_decision_no_change before update or delete on approvals_decision
    for each row execute function refuse_change();
create trigger approvals_decision_no_truncate before truncate on approvals_decision
    for each statement execute function refuse_change();

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
    return new;
end $$;
create trigger approvals_send_recipient_stays before update on approvals_send
    for each row execute function send_recipient_stays();
create trigger approvals_send_no_delete before delete on approvals_send
    for each row execute function refuse_change();
"""

# The approval of a send is an approving decision about the very revision that stands, and each
# revision named by a send, a decision or an attempt is one of that send.
ACROSS_TABLES = """
alter table approvals_send
    add constraint send_approval_of_revision
        foreign key (approval_id, revision_id, approval_choice)
        references approvals_decision (id, revision_id, choice),
    add constraint send_revision_is_own
        foreign key (revision_id, id) references approvals_revision (id, send_id);
alter table approvals_decision
    add constraint decision_revision_of_send
        foreign key (revision_id, send_id) references approvals_revision (id, send_id);
alter table approvals_attempt
    add constraint attempt_revision_of_send
        foreign key (revision_id, send_id) references approvals_revision (id, send_id);
"""


class Migration(migrations.Migration):
    dependencies = (("approvals", "0001_initial"), ("revenue", "0002_guards"))
    operations = (
        migrations.RunSQL(TRIGGERS, migrations.RunSQL.noop),
        migrations.RunSQL(ACROSS_TABLES, migrations.RunSQL.noop),
    )
