from __future__ import annotations

from datetime import timedelta

import pytest

from revenue.models import (
    Account,
    DoubtfulPair,
    Effect,
    ImportChunk,
    ImportIssue,
    ImportRun,
    LedgerEvent,
    SourceRecord,
)
from revenue.pipeline import purging
from revenue.pipeline.purging import Purged, purge_expired
from revenue.pipeline.screening import unscreened
from tests.revenue.pipeline.support import NOW, account_of, add_mapping, counts, imported
from tests.support.rows import judge_account

pytestmark = pytest.mark.django_db

HEAD = "record_id,name,phone,website,street,city,country\n"
SHOP = "Harbour Physio,604-534-5114,https://harbour.example,8621 201 St,Langley,CA\n"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def limited(mappings: None) -> None:
    add_mapping("yelp", keep_days=1)


def test_what_may_not_be_kept_goes_and_the_providers_id_stays() -> None:
    imported(HEAD + "y1," + SHOP, "yelp")
    account = account_of("y1")
    Account.objects.update(icp_rule="wellness")
    judge_account(account, Effect.ALLOW)
    assert purge_expired(now=NOW + DAY - timedelta(seconds=1)) == Purged(0, 0, 0)
    assert purge_expired(now=NOW + DAY) == Purged(1, 1, 0)
    record = SourceRecord.objects.get()
    assert (record.source_id, record.record_id, record.fields) == ("yelp", "y1", None)
    assert (record.name_key, record.phone, record.street_key, record.cell) == ("", "", "", None)
    account.refresh_from_db()
    assert (account.name, account.phone, account.website, account.street) == ("yelp y1", "", "", "")
    assert (account.icp_effect, account.icp_rule) == ("allow", "wellness")
    assert purge_expired(now=NOW + DAY) == Purged(0, 0, 0)
    event = LedgerEvent.objects.get(kind="records.purged")
    assert (event.subject, event.data) == ("source:yelp", {"records": 1})


def test_a_verdict_is_not_given_anew_over_what_is_gone() -> None:
    add_mapping("other")
    imported(HEAD + "y1," + SHOP + "y2," + SHOP.replace("8621 201", "9 Main"), "yelp")
    account = account_of("y1")
    assert account.brand_id is not None
    Account.objects.update(screened_at=NOW)
    for judged in Account.objects.all():
        judge_account(judged, Effect.ALLOW)
    purge_expired(now=NOW + DAY)
    imported(HEAD + "o1,Cedar Spa,,,,,CA\n", "other", now=NOW + DAY)
    left = Account.objects.filter(icp_effect="allow", brand__isnull=True)
    assert account in left
    assert account not in unscreened()


def test_what_another_source_says_stays() -> None:
    imported(HEAD + "y1," + SHOP, "yelp")
    imported(HEAD + "a1," + SHOP.replace("https://harbour.example", ""))
    account = account_of("a1")
    assert account == account_of("y1")
    assert account.website
    purge_expired(now=NOW + DAY)
    account.refresh_from_db()
    assert (account.name, account.website) == ("Harbour Physio", "")


def test_a_record_that_is_seen_again_lives_longer() -> None:
    imported(HEAD + "y1," + SHOP, "yelp")
    imported(HEAD + "y1," + SHOP, "yelp", now=NOW + DAY / 2)
    assert purge_expired(now=NOW + DAY) == Purged(0, 0, 0)


def test_a_purged_record_that_comes_back_is_filled_again() -> None:
    imported(HEAD + "y1," + SHOP, "yelp")
    account = account_of("y1")
    purge_expired(now=NOW + DAY)
    run = imported(HEAD + "y1," + SHOP, "yelp", now=NOW + 2 * DAY)
    assert counts(run) == {"changed": 1}
    account.refresh_from_db()
    assert (account.name, account.phone) == ("Harbour Physio", "+16045345114")


def test_a_purge_works_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "BATCH", 2)
    imported(HEAD + "".join(f"y{n},Spa Number{n},,,,,\n" for n in range(5)), "yelp")
    assert purge_expired(now=NOW + DAY) == Purged(5, 5, 0)


def test_an_open_pair_that_can_not_be_judged_any_more_goes() -> None:
    imported(HEAD + "a1," + SHOP)
    imported(HEAD + "y1," + SHOP.replace("Harbour Physio", "Zennkai Salon"), "yelp")
    assert DoubtfulPair.objects.count() == 1
    purge_expired(now=NOW + DAY)
    assert not DoubtfulPair.objects.exists()


def test_samples_and_excerpts_of_imports_go_with_the_records() -> None:
    run = imported(HEAD + "y1,Harbour,not a phone,,,,\n", "yelp")
    kept = imported(HEAD + "a1,Harbour,not a phone,,,,\n")
    purge_expired(now=NOW + DAY)
    assert ImportRun.objects.get(pk=run.pk).report == {}
    assert ImportIssue.objects.get(run=run).excerpt == ""
    assert ImportIssue.objects.get(run=kept).excerpt == "not a phone"


def test_the_file_of_a_dry_run_does_not_wait_for_ever() -> None:
    imported(HEAD + "a1," + SHOP, dry=True)
    assert purge_expired(now=NOW + 6 * DAY).files == 0
    assert purge_expired(now=NOW + 7 * DAY).files == 1
    assert not ImportChunk.objects.exists()
