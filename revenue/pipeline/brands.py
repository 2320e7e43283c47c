"""How many places carry one brand, for all accounts at once."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

# The brand of each account: its own key, or the longest stated brand that its own begins with
# ("Starbucks Coffee"). The first four letters narrow the join.
_EFFECTIVE = """
    create temp table effective_brand on commit drop as
    with stated as (
        select brand_key as key, left(brand_key, position('/' in brand_key) + 4) as stem
        from revenue_account
        where brand_stated and merged_into_id is null
          and length(brand_key) >= position('/' in brand_key) + 4
        group by brand_key)
    select distinct on (a.id) a.id, coalesce(s.key, a.brand_key) as key
    from revenue_account a
    left join stated s
      on not a.brand_stated
     and left(a.brand_key, position('/' in a.brand_key) + 4) = s.stem
     and starts_with(a.brand_key, s.key)
    where a.brand_key <> '' and a.merged_into_id is null
    order by a.id, length(s.key) desc nulls last
"""

# Shops in one square of about 200 m count once: lists repeat themselves.
_COUNT = """
    create temp table counted_brand on commit drop as
    select e.key, mode() within group (order by a.name) as name, count(distinct coalesce(
               floor(a.latitude * 500) || ' ' || floor(a.longitude * 330),
               nullif(a.street || ' ' || a.city, ' '), a.id::text)) as places
    from effective_brand e join revenue_account a on a.id = e.id
    group by e.key
"""

_KEEP = """
    insert into revenue_brand as b (key, name, locations)
    select key, name, places from counted_brand where places >= 2
    on conflict (key) do update set name = excluded.name, locations = excluded.locations
        where (b.name, b.locations) is distinct from (excluded.name, excluded.locations)
    returning id
"""

# An account without a key lost it with its name, and was marked then if anything is left to judge.
_ATTACH = """
    with wanted as (
        select a.id, b.id as brand_id, e.id is not null as has_key
        from revenue_account a
        left join effective_brand e on e.id = a.id
        left join counted_brand c on c.key = e.key and c.places >= 2
        left join revenue_brand b on b.key = c.key)
    update revenue_account a
    set brand_id = w.brand_id,
        changed_at = case when w.has_key then greatest(%(now)s, a.screened_at + interval '1 us')
                          else a.changed_at end
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
        cursor.execute(_EFFECTIVE)
        cursor.execute("analyze effective_brand")
        cursor.execute(_COUNT)
        cursor.execute(_KEEP)
        changed = [row[0] for row in cursor.fetchall()]
        cursor.execute(_ATTACH, {"now": now, "changed": changed})
        touched = int(cursor.rowcount)
        cursor.execute(_FORGET)
        cursor.execute("drop table effective_brand, counted_brand")
    return touched
