"""How many places carry one brand, for all accounts at once."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

# Names that begin with a brand that a source states count as it ("Starbucks Coffee"); the longest
# such brand wins. The first four letters narrow the join.
_ADOPT = """
    create temp table adopted_brand on commit drop as
    with stated as (
        select brand_key as key, left(brand_key, position('/' in brand_key) + 4) as stem
        from revenue_account
        where brand_stated and merged_into_id is null
          and length(brand_key) >= position('/' in brand_key) + 4
        group by brand_key)
    select distinct on (a.id) a.id, s.key
    from stated s join revenue_account a
      on left(a.brand_key, position('/' in a.brand_key) + 4) = s.stem
     and starts_with(a.brand_key, s.key)
    where a.brand_key <> '' and not a.brand_stated and a.merged_into_id is null
    order by a.id, length(s.key) desc
"""

# Shops in one square of about 200 m count once: lists repeat themselves.
_COUNT = """
    create temp table counted_brand on commit drop as
    with keyed as (
        select coalesce(d.key, a.brand_key) as key, a.name, coalesce(
                   floor(a.latitude * 500) || ' ' || floor(a.longitude * 330),
                   nullif(a.street || ' ' || a.city, ' '), a.id::text) as place
        from revenue_account a left join adopted_brand d on d.id = a.id
        where a.brand_key <> '' and a.merged_into_id is null),
    shared as (select key from keyed group by key having count(*) >= 2)
    select key, mode() within group (order by name) as name, count(distinct place) as places
    from keyed join shared using (key)
    group by key having count(distinct place) >= 2
"""

_KEEP = """
    insert into revenue_brand as b (key, name, locations)
    select key, name, places from counted_brand
    on conflict (key) do update set name = excluded.name, locations = excluded.locations
        where (b.name, b.locations) is distinct from (excluded.name, excluded.locations)
    returning id
"""

# An account without a key lost it with its name, and was marked then if anything is left to judge.
_ATTACH = """
    with wanted as (
        select a.id, b.id as brand_id
        from revenue_account a
        left join adopted_brand d on d.id = a.id
        left join counted_brand c
          on c.key = coalesce(d.key, a.brand_key) and a.merged_into_id is null
        left join revenue_brand b on b.key = c.key)
    update revenue_account a
    set brand_id = w.brand_id,
        changed_at = case when a.brand_key = '' then a.changed_at
                          else greatest(%(now)s, a.screened_at + interval '1 us') end
    from wanted w
    where w.id = a.id
      and (a.brand_id is distinct from w.brand_id or w.brand_id = any(%(changed)s))
"""

_FORGET = """
    delete from revenue_brand b
    where not exists (select from revenue_account a where a.brand_id = b.id)
"""


@transaction.atomic
def group_brands(*, now: datetime) -> int:
    """Regroup all accounts by brand; return how many changed theirs or its number of places.

    A brand has at least two places. Accounts that change are marked for a new verdict.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ADOPT)
        cursor.execute("analyze adopted_brand")
        cursor.execute(_COUNT)
        cursor.execute("analyze counted_brand")
        cursor.execute(_KEEP)
        changed = [row[0] for row in cursor.fetchall()]
        cursor.execute(_ATTACH, {"now": now, "changed": changed})
        touched = int(cursor.rowcount)
        cursor.execute(_FORGET)
        cursor.execute("drop table adopted_brand, counted_brand")
    return touched
