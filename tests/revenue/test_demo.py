"""What the demo knows of a few businesses before anybody has written to them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from revenue.access import Role
from revenue.actors import Actor
from revenue.demo import KNOWN, REMARKS, remember_relationships
from revenue.models import Contact, RelationshipFact, User
from revenue.pipeline.relationships import newest_statements
from tests.support.rows import NOW, make_account, make_contact, make_user

pytestmark = pytest.mark.django_db

FRESH = timedelta(days=30)


@pytest.fixture
def founder() -> User:
    for number in range(12):
        silent_since = NOW - timedelta(days=90) if number < 4 else None
        make_contact(make_account(), last_reply_at=silent_since)
    make_contact(make_account(icp_effect="deny"))
    return make_user(Role.FOUNDER)


def test_some_of_what_is_known_is_fresh_and_some_is_not(founder: User) -> None:
    remember_relationships(now=NOW)

    rows = newest_statements(Contact.objects.values_list("account_id", flat=True))
    standing = list(rows.select_related("account"))
    known = set(Contact.objects.filter(last_reply_at=None).values_list("account_id", flat=True))
    found = Counter((fact.account_id in known, NOW - fact.noted_at < FRESH) for fact in standing)
    assert found == {(False, True): 2, (False, False): 2, (True, True): 2, (True, False): 1}
    assert {fact.noted_by for fact in standing} == {str(Actor.person(founder))}
    assert "denied" not in {fact.account.icp_effect for fact in standing}
    assert RelationshipFact.objects.filter(supersedes__isnull=False).count() == 1


@pytest.mark.usefixtures("founder")
def test_a_second_start_adds_nothing() -> None:
    remember_relationships(now=NOW)
    before = RelationshipFact.objects.count()

    remember_relationships(now=NOW + timedelta(days=1))

    assert RelationshipFact.objects.count() == before > len(REMARKS)


def test_in_a_house_with_few_people_what_is_about_nobody_is_left_out() -> None:
    make_contact(make_account(), last_reply_at=NOW - timedelta(days=90))

    remember_relationships(now=NOW)

    fact = RelationshipFact.objects.get()
    (first,) = [remark for remark in REMARKS if (remark.whom, remark.place) == (KNOWN, 0)]
    assert (fact.statement, fact.noted_by) == (first.statement, "system:demo")
