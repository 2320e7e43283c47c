"""What plain constraints can't hold: rows that stay, steps in order, limits across tables."""

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

# Tables of which parts may change, and the function that tells which.
STAYING = (
    ("ledgerevent", "ledger_seals_only"),
    ("policyversion", "policy_text_stays"),
    ("authority", "authority_stays"),
    ("relationshipfact", "relationship_stays"),
)
APPEND_ONLY = (
    "verdict",
    "draft",
    "policyedit",
    "policystep",
    "shadowverdict",
    "segment",
    "duebatch",
    "timingverdict",
)

TRIGGERS = "".join(
    f"""
create trigger revenue_{table}_no_truncate before truncate on revenue_{table}
    for each statement execute function refuse_change();
"""
    for table in (*(table for table, _ in STAYING), *APPEND_ONLY)
)
TRIGGERS += "".join(
    f"""
create trigger revenue_{table}_{function.partition("_")[2]} before update on revenue_{table}
    for each row execute function {function}();
create trigger revenue_{table}_no_delete before delete on revenue_{table}
    for each row execute function refuse_change();
"""
    for table, function in STAYING
)
TRIGGERS += "".join(
    f"""
create trigger revenue_{table}_no_change before update or delete on revenue_{table}
    for each row execute function refuse_change();
"""
    for table in APPEND_ONLY
)

ACROSS_TABLES = """
alter table revenue_authority
    add constraint authority_side_of_seat
        foreign key (seat_id, seat_side) references revenue_seat (slug, side)
        on update cascade,
    add constraint authority_limits_of_action
        foreign key (action_id, action_side, ceiling, only_seat)
        references revenue_action (slug, side, ceiling, only_seat)
        on update cascade;
alter table revenue_relationshipfact
    add constraint relationship_supersedes_own
        foreign key (supersedes_id, account_id)
        references revenue_relationshipfact (id, account_id);
"""


class Migration(migrations.Migration):
    dependencies = (("revenue", "0001_initial"),)
    operations = (
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGERS, migrations.RunSQL.noop),
        migrations.RunSQL(ACROSS_TABLES, migrations.RunSQL.noop),
    )
