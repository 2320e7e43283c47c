"""The review of the customer profile in the browser."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from revenue.access import Role
from revenue.models import Account, Verdict, VerdictObjection
from revenue.pipeline.screening import screen_due
from tests.support.rows import NOW, installed, make_account
from tests.support.visits import messages_of, statements, visit_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def founder() -> Client:
    installed()
    return visit_as(Role.FOUNDER)


def judged(**fields: Any) -> Account:
    """An account with the verdict of the shipped profile."""
    account = make_account(screened_at=None, **fields)
    screen_due(now=NOW)
    account.refresh_from_db()
    return account


def labels(response: Any) -> list[tuple[str, str, int]]:
    """Heading, label and number of each pattern."""
    return [
        (section.label, pattern.label, pattern.number)
        for section in response.context["sections"]
        for pattern in section.patterns
    ]


def test_an_empty_house_says_what_will_appear(founder: Client) -> None:
    assert "accepts and rejects appears here" in founder.get("/icp/review/").content.decode()


def test_patterns_are_counted_by_rule(founder: Client) -> None:
    judged(category="dental", category_group="medical")
    judged(category="dental", category_group="medical")
    judged()

    response = founder.get("/icp/review/?by=rule")

    assert labels(response) == [
        ("Held", "Not listed any more", 1), ("Rejected", "Dental practices", 2)
    ]  # fmt: skip
    assert [total[:3] for total in response.context["totals"]] == [
        ("Accepted", "allow", "0"), ("Held", "hold", "1"), ("Rejected", "deny", "2")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("way", "found"),
    [
        ("category", [("Categories", "Dental", 1), ("Categories", "Physiotherapy", 1)]),
        ("place", [("Areas", "Walnut Grove", 2), ("Cities", "Langley", 2)]),
    ],
)
def test_patterns_are_counted_by_category_and_place(
    founder: Client, way: str, found: list[tuple[str, str, int]]
) -> None:
    judged(category="dental", category_group="medical")
    judged()

    assert labels(founder.get(f"/icp/review/?by={way}")) == found


def test_a_pattern_opens_to_its_rows_and_says_its_reason(founder: Client) -> None:
    account = judged(category="dental", category_group="medical")
    judged()

    response = founder.get("/icp/review/?by=rule&effect=deny&rule=dental")
    page = response.content.decode()

    assert "market is full of specialised agencies" in page
    assert "/accounts/?effect=deny&amp;rule=dental" in page
    assert [sample.row.account for sample in response.context["samples"]] == [account]
    assert "50 % of the 2 that were judged" in page


def test_every_pattern_leads_to_as_many_accounts_as_it_counts(founder: Client) -> None:
    judged(category="dental", category_group="medical", area="")
    judged(area="", city="Berlin")
    judged()

    for way in ("rule", "category", "place"):
        for section in founder.get(f"/icp/review/?by={way}").context["sections"]:
            for pattern in section.patterns:
                chosen = founder.get(f"/icp/review/{pattern.url}").context
                rows = founder.get(f"/accounts/{chosen['all_url']}").context["rows"]
                assert len(rows) == chosen["number"] == pattern.number


def test_a_held_sample_says_what_would_have_it_accepted(founder: Client) -> None:
    judged()

    (sample,) = founder.get("/icp/review/").context["samples"]

    assert sample.change.startswith("Allowed if")


@pytest.mark.parametrize("number", [1, 3])
def test_the_review_takes_as_many_statements_for_three_as_for_one(number: int) -> None:
    installed()
    client = visit_as(Role.FOUNDER)
    for _ in range(number):
        judged()

    with statements() as found:
        response = client.get("/icp/review/")

    assert len(response.context["samples"]) == number
    assert len(found) == REVIEW_STATEMENTS, "\n".join(found)


REVIEW_STATEMENTS = 14


@pytest.mark.parametrize(
    "query", ["by=nonsense", "by=rule&rule=gone&effect=deny", "draw=x", "draw=99999999999", "q=%00"]
)
def test_what_can_not_be_meant_is_shown_as_nothing(founder: Client, query: str) -> None:
    judged()

    assert founder.get(f"/icp/review/?{query}").status_code == 200


def test_a_sample_is_marked_as_wrong_with_one_click_and_back(founder: Client) -> None:
    account = judged()
    here = "/icp/review/?by=rule&effect=hold&rule=not-seen-lately"

    founder.post(
        f"/icp/verdicts/{account.icp_verdict_id}/object/",
        {"reason": "Should be accepted", "back": here},
    )
    objection = VerdictObjection.objects.get()
    assert objection.reason == "Should be accepted"
    (sample,) = founder.get(here).context["samples"]
    assert sample.objection == objection
    assert sample.back == f"{here}&at={account.pk}#account-{account.pk}"
    assert "autofocus" in founder.get(sample.back).content.decode()
    assert founder.get("/icp/objections/").context["objections"][0]["account"] == account

    response = founder.post(f"/icp/objections/{objection.pk}/withdraw/", {"back": here})
    assert response.headers["Location"] == here
    assert founder.get("/icp/objections/").context["objections"] == []


@pytest.mark.parametrize("form", [{}, {"words": "  "}, {"reason": "\x00"}])
def test_marking_needs_a_reason(founder: Client, form: dict[str, str]) -> None:
    account = judged()

    response = founder.post(f"/icp/verdicts/{account.icp_verdict_id}/object/", form)

    assert messages_of(response)[0].startswith("Say why the verdict is wrong")
    assert not VerdictObjection.objects.exists()


def test_the_second_objection_is_told_so(founder: Client) -> None:
    account = judged()
    address = f"/icp/verdicts/{account.icp_verdict_id}/object/"
    founder.post(address, {"reason": "first"})

    response = founder.post(address, {"reason": "second"})

    assert messages_of(response)[-1:] == ["Somebody has marked this verdict as wrong already."]


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "javascript:x", ""])
def test_the_way_back_never_leaves_the_house(founder: Client, back: str) -> None:
    account = judged()

    response = founder.post(
        f"/icp/verdicts/{account.icp_verdict_id}/object/", {"reason": "x", "back": back}
    )

    assert response.headers["Location"] == "/icp/review/"


def test_a_verdict_of_another_policy_can_not_be_objected_to(founder: Client) -> None:
    verdict = judged().icp_verdict
    assert verdict is not None
    Verdict.objects.filter(pk=verdict.pk).update()
    other = Verdict.objects.create(
        policy=verdict.policy.__class__.objects.get(kind="send"), subject="send:1",
        effect="deny", facts={}, trace={}, given_at=NOW, given_by="seat:sender",
    )  # fmt: skip

    response = founder.post(f"/icp/verdicts/{other.pk}/object/", {"reason": "x"})

    assert response.status_code == 404


def test_the_accountant_has_no_review() -> None:
    assert visit_as(Role.ACCOUNTANT).get("/icp/review/").status_code == 403
