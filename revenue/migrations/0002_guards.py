"""What plain constraints can't hold: append-only tables and checks across tables."""

from django.db import migrations

FUNCTIONS = """
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only: % refused', tg_table_name, tg_op
        using errcode = 'restrict_violation';
end $$;

create function ledger_seals_only() returns trigger language plpgsql as $$
begin
    if old.seq is null and new.seq is not null
       and (new.id, new.xid, new.at, new.kind, new.subject, new.actor, new.data)
           is not distinct from
           (old.id, old.xid, old.at, old.kind, old.subject, old.actor, old.data)
    then
        return new;
    end if;
    raise exception 'the ledger is append-only: UPDATE refused'
        using errcode = 'restrict_violation';
end $$;

create function policy_text_stays() returns trigger language plpgsql as $$
begin
    if (new.id, new.kind, new.number, new.text, new.content_hash, new.written_at, new.written_by)
       is not distinct from
       (old.id, old.kind, old.number, old.text, old.content_hash, old.written_at, old.written_by)
    then
        return new;
    end if;
    raise exception 'a policy version is never edited: write a new one'
        using errcode = 'restrict_violation';
end $$;
"""

TRIGGERS = """
create trigger revenue_ledgerevent_seals_only before update on revenue_ledgerevent
    for each row execute function ledger_seals_only();
create trigger revenue_ledgerevent_no_delete before delete on revenue_ledgerevent
    for each row execute function refuse_change();
create trigger revenue_ledgerevent_no_truncate before truncate on revenue_ledgerevent
    for each statement execute function refuse_change();

create trigger revenue_policyversion_text_stays before update on revenue_policyversion
    for each row execute function policy_text_stays();
create trigger revenue_policyversion_no_delete before delete on revenue_policyversion
    for each row execute function refuse_change();
create trigger revenue_policyversion_no_truncate before truncate on revenue_policyversion
    for each statement execute function refuse_change();

create trigger revenue_verdict_no_change before update or delete on revenue_verdict
    for each row execute function refuse_change();
create trigger revenue_verdict_no_truncate before truncate on revenue_verdict
    for each statement execute function refuse_change();

create trigger revenue_draft_no_change before update or delete on revenue_draft
    for each row execute function refuse_change();
create trigger revenue_draft_no_truncate before truncate on revenue_draft
    for each statement execute function refuse_change();
"""

ACROSS_TABLES = """
alter table revenue_authority
    add constraint authority_side_of_seat
        foreign key (seat_id, seat_side) references revenue_seat (slug, side)
        on update cascade,
    add constraint authority_limits_of_action
        foreign key (action_id, action_side, ceiling, one_seat)
        references revenue_action (slug, side, ceiling, one_seat)
        on update cascade;
"""


class Migration(migrations.Migration):
    dependencies = (("revenue", "0001_initial"),)
    operations = (
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGERS, migrations.RunSQL.noop),
        migrations.RunSQL(ACROSS_TABLES, migrations.RunSQL.noop),
    )
