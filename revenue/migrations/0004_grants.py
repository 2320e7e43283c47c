"""What plain constraints can't hold: rows that stay, steps in order, limits across tables."""

from django.db import migrations

FUNCTIONS = """
create function authority_stays() returns trigger language plpgsql as $$
begin
    if old.ended_at is null
       and (new.id, new.seat_id, new.action_id, new.segment_id, new.level, new.max_value_minor,
            new.per_day, new.valid_until, new.evidence, new.granted_at, new.granted_by)
           is not distinct from
           (old.id, old.seat_id, old.action_id, old.segment_id, old.level, old.max_value_minor,
            old.per_day, old.valid_until, old.evidence, old.granted_at, old.granted_by)
    then
        return new;
    end if;
    raise exception 'an authority never changes: end it and grant anew'
        using errcode = 'restrict_violation';
end $$;

create function relationship_stays() returns trigger language plpgsql as $$
begin
    -- Two accounts that turn out to be one keep the facts of both.
    new.account_id := old.account_id;
    if new is distinct from old then
        raise exception 'a relationship fact is never edited: note a newer one'
            using errcode = 'restrict_violation';
    end if;
    return new;
end $$;

create or replace function policy_text_stays() returns trigger language plpgsql as $$
begin
    if (new.id, new.kind, new.number, new.text, new.content_hash, new.written_at, new.written_by,
        new.based_on_id)
       is distinct from
       (old.id, old.kind, old.number, old.text, old.content_hash, old.written_at, old.written_by,
        old.based_on_id)
    then
        raise exception 'a policy version is never edited: write a new one'
            using errcode = 'restrict_violation';
    end if;
    if old.published_at is not null
       and (new.published_at, new.published_by, new.proposed_at, new.proposed_by,
            new.alone_because, new.loosens, new.analysis, new.compared_with_id)
           is distinct from
           (old.published_at, old.published_by, old.proposed_at, old.proposed_by,
            old.alone_because, old.loosens, old.analysis, old.compared_with_id)
    then
        raise exception 'how a policy version was published is never edited'
            using errcode = 'restrict_violation';
    end if;
    if new.state is distinct from old.state and (old.state, new.state) not in (
        ('draft', 'validated'), ('validated', 'backtested'), ('validated', 'shadow'),
        ('backtested', 'shadow'), ('shadow', 'backtested'), ('shadow', 'validated'),
        ('validated', 'active'), ('backtested', 'active'), ('shadow', 'active'),
        ('active', 'retired')
    ) and not (old.number = 1 and old.state = 'draft' and new.state = 'active')
    then
        raise exception 'a policy version does not go from % to %', old.state, new.state
            using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
"""

APPEND_ONLY = "".join(
    f"""
create trigger {table}_no_change before update or delete on {table}
    for each row execute function refuse_change();
create trigger {table}_no_truncate before truncate on {table}
    for each statement execute function refuse_change();
"""
    for table in (
        "revenue_policyedit",
        "revenue_policystep",
        "revenue_shadowverdict",
        "revenue_segment",
    )
)

TRIGGERS = """
create trigger revenue_authority_stays before update on revenue_authority
    for each row execute function authority_stays();
create trigger revenue_authority_no_delete before delete on revenue_authority
    for each row execute function refuse_change();
create trigger revenue_authority_no_truncate before truncate on revenue_authority
    for each statement execute function refuse_change();

create trigger revenue_relationshipfact_stays before update on revenue_relationshipfact
    for each row execute function relationship_stays();
create trigger revenue_relationshipfact_no_delete before delete on revenue_relationshipfact
    for each row execute function refuse_change();
create trigger revenue_relationshipfact_no_truncate before truncate on revenue_relationshipfact
    for each statement execute function refuse_change();
"""

ACROSS_TABLES = """
alter table revenue_authority
    add constraint authority_limits_of_action
        foreign key (action_id, action_side, ceiling, only_seat)
        references revenue_action (slug, side, ceiling, only_seat)
        on update cascade;
"""


class Migration(migrations.Migration):
    dependencies = (("revenue", "0003_policies_that_people_write"),)
    operations = (
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        migrations.RunSQL(APPEND_ONLY, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGERS, migrations.RunSQL.noop),
        migrations.RunSQL(ACROSS_TABLES, migrations.RunSQL.noop),
    )
