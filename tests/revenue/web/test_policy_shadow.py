"""The page of a version in shadow: agreement by rule, and the verdicts behind it."""

from __future__ import annotations

import pytest
from django.test import Client

from approvals.models import Choice, RejectReason
from revenue.access import Role
from revenue.models import PolicyState, PolicyVersion, ShadowVerdict
from revenue.policies.shadowing import Side, agreements_of, beside
from revenue.policies.versions import keep_proof, write_version
from tests.revenue.web.test_policy_evidence import decide, judged_send, shown, without
from tests.support.rows import ADMIN, NOW, installed
from tests.support.visits import messages_of, statements, visit_as

pytestmark = pytest.mark.django_db

PAGE = "/policies/send/2/shadow/"


@pytest.fixture
def client() -> Client:
    return visit_as(Role.ADMIN)


def candidate(*left_out: str) -> PolicyVersion:
    standing = PolicyVersion.objects.get(kind="send", state=PolicyState.ACTIVE)
    version = write_version(text=without(*left_out), by=ADMIN, now=NOW)
    keep_proof(
        version=version, compared_with=standing, loosens=True, analysis={}, by=ADMIN, now=NOW
    )
    return version


@pytest.fixture
def version() -> PolicyVersion:
    installed()
    return candidate("us-allowed")


def test_it_goes_into_shadow_and_out_again(client: Client, version: PolicyVersion) -> None:
    assert client.post(PAGE, {"act": "start"}).status_code == 302
    version.refresh_from_db()
    state: str = version.state
    assert state == PolicyState.SHADOW

    client.post(PAGE, {"act": "stop"})

    version.refresh_from_db()
    assert version.state == PolicyState.VALIDATED


def test_another_version_in_shadow_makes_room(client: Client, version: PolicyVersion) -> None:
    other = candidate("canada-allowed")
    client.post(PAGE, {"act": "start"})

    client.post("/policies/send/3/shadow/", {"act": "start"})

    version.refresh_from_db()
    other.refresh_from_db()
    assert (version.state, other.state) == (PolicyState.VALIDATED, PolicyState.SHADOW)


def test_a_step_that_does_not_lead_on_is_refused(client: Client, version: PolicyVersion) -> None:
    response = client.post(PAGE, {"act": "stop"})

    assert messages_of(response) == ["The version is not in a state from which that step leads."]


def test_agreement_is_counted_by_rule_with_the_active_version_and_with_people(
    client: Client, version: PolicyVersion
) -> None:
    client.post(PAGE, {"act": "start"})
    judged_send("US")
    approved, _ = judged_send("CA")
    rejected, _ = judged_send("CA")
    decide(approved, Choice.APPROVE)
    decide(rejected, Choice.REJECT, reason_code=RejectReason.TONE)

    found = agreements_of(version)

    by_rule = {
        one.rule: (one.asked, one.agreed, one.decided, one.person_agreed) for one in found.rules
    }
    assert by_rule == {"canada-allowed": (2, 2, 2, 1), "": (1, 0, 0, 0)}
    assert (found.total.asked, found.total.differed, found.total.person_differed) == (3, 1, 1)
    page = shown(client, PAGE)
    assert "No rule spoke" in page
    assert f'href="{PAGE}person-differed/?rule=canada-allowed"' in page


@pytest.mark.parametrize(
    ("side", "number"),
    [
        (Side.AGREED, 2),
        (Side.DIFFERED, 1),
        (Side.PERSON_AGREED, 1),
        (Side.PERSON_DIFFERED, 1),
    ],
)
def test_each_number_has_its_rows(
    client: Client, version: PolicyVersion, side: Side, number: int
) -> None:
    client.post(PAGE, {"act": "start"})
    judged_send("US")
    approved, _ = judged_send("CA")
    rejected, _ = judged_send("CA")
    decide(approved, Choice.APPROVE)
    decide(rejected, Choice.REJECT, reason_code=RejectReason.TONE)

    page = shown(client, f"{PAGE}{side}/")

    assert page.count("data-row-link") == number
    assert beside(version, side, rule="nothing") == ([], None)


def test_before_anything_was_judged_it_says_what_will_appear(
    client: Client, version: PolicyVersion
) -> None:
    assert "It was not in shadow yet" in shown(client, PAGE)

    client.post(PAGE, {"act": "start"})

    assert "Verdicts given in shadow appear here" in shown(client, PAGE)
    assert not ShadowVerdict.objects.exists()


@pytest.mark.parametrize("sends", [1, 3])
@pytest.mark.parametrize(("address", "expected"), [(PAGE, 9), (f"{PAGE}differed/", 9)])
def test_pages_take_a_fixed_number_of_statements(
    client: Client, version: PolicyVersion, sends: int, address: str, expected: int
) -> None:
    client.post(PAGE, {"act": "start"})
    for _ in range(sends):
        judged_send("US")
    shown(client, address)

    with statements() as made:
        shown(client, address)

    assert len(made) == expected, "\n".join(made)
