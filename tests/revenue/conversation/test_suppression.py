import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db import IntegrityError, connection, transaction
from hypothesis import example, given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from revenue.actors import Actor
from revenue.conversation import suppression
from revenue.conversation.suppression import (
    NeedsReason,
    NotActive,
    NotSuppressible,
    digest_of,
    digests_for,
    forget,
    is_suppressed,
    lift,
    normalise,
    suppress,
    suppressed_among,
)
from revenue.models import LedgerEvent, Suppression, SuppressionKind, SuppressionReason

ADDRESS, DOMAIN, ACCOUNT = (
    SuppressionKind.ADDRESS,
    SuppressionKind.DOMAIN,
    SuppressionKind.ACCOUNT,
)
ASKED, UNSUBSCRIBED = SuppressionReason.ASKED, SuppressionReason.UNSUBSCRIBED
KEY = "a key for tests only"
NOW = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
FOUNDER = Actor("person", "1")


def suppressing(
    kind: SuppressionKind, value: str, reason: SuppressionReason = ASKED, **changes: Any
) -> Suppression:
    given: dict[str, Any] = {"by": FOUNDER, "now": NOW, **changes}
    return suppress(kind=kind, value=value, reason=reason, **given)


def blocked(address: str, account_id: int | None = None) -> bool:
    return is_suppressed(address=address, account_id=account_id, key=settings.SUPPRESSION_KEY)


def events() -> list[tuple[str, str, dict[str, Any]]]:
    return list(LedgerEvent.objects.order_by("id").values_list("kind", "subject", "data"))


# Values ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "normal"),
    [
        (ADDRESS, " Ada@Example.COM ", "ada@example.com"),
        (ADDRESS, "ada+news@example.com", "ada+news@example.com"),
        (ADDRESS, "ada@example.com.", "ada@example.com"),
        (ADDRESS, "ada@Bücher.example", "ada@xn--bcher-kva.example"),
        (ADDRESS, "Zoe\u0308@example.com", "zo\u00eb@example.com"),
        (ADDRESS, "o'hara=x@example.com", "o'hara=x@example.com"),
        (ADDRESS, "ada@LOCALHOST", "ada@localhost"),
        (ADDRESS, "ada@[127.0.0.1]", "ada@[127.0.0.1]"),
        (DOMAIN, "Example.COM", "example.com"),
        (DOMAIN, "@example.com", "example.com"),
        (DOMAIN, "*.example.com", "example.com"),
        (DOMAIN, "bücher.example.", "xn--bcher-kva.example"),
        (ACCOUNT, " 17 ", "17"),
    ],
)
def test_normalise_gives_one_form(kind: SuppressionKind, value: str, normal: str) -> None:
    assert normalise(kind, value) == normal
    assert normalise(kind, normal) == normal


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (ADDRESS, ""),
        (ADDRESS, "ada"),
        (ADDRESS, "@example.com"),
        (ADDRESS, "ada@"),
        (ADDRESS, "ada@@example.com"),
        (ADDRESS, "ada@example..com"),
        (ADDRESS, "ada@exa mple.com"),
        (ADDRESS, "Ada <ada@example.com>"),
        (ADDRESS, "ada@example.com\nbob@example.com"),
        (ADDRESS, "ada@example.com,bob@example.com"),
        (ADDRESS, "a\x00da@example.com"),
        (ADDRESS, "ad\ufffda@example.com"),
        (ADDRESS, f"{'a' * 250}@example.com"),
        (DOMAIN, ""),
        (DOMAIN, "com"),
        (DOMAIN, "ada@example.com"),
        (DOMAIN, "example.com/path"),
        (DOMAIN, f"{'a' * 64}.com"),
        (ACCOUNT, ""),
        (ACCOUNT, "0"),
        (ACCOUNT, "-1"),
        (ACCOUNT, "1.5"),
        (ACCOUNT, "٣"),
    ],
)
def test_normalise_refuses_what_names_nobody(kind: SuppressionKind, value: str) -> None:
    with pytest.raises(NotSuppressible):
        normalise(kind, value)


@given(st.sampled_from(SuppressionKind), st.text(max_size=40))
def test_normalise_is_stable_or_refuses(kind: SuppressionKind, value: str) -> None:
    try:
        normal = normalise(kind, value)
    except NotSuppressible:
        return

    assert normalise(kind, normal) == normal


@given(st.emails())
@example("a" * 200 + "@example.com")
@example("ada@localhost")
@example("ada@[10.0.0.1]")
@example("ada@bücher.example")
def test_whatever_can_be_mailed_can_be_suppressed(address: str) -> None:
    """Else nobody there could unsubscribe."""
    try:
        EmailValidator()(address)
    except ValidationError:
        return

    normal = normalise(ADDRESS, address)

    assert digest_of(ADDRESS, normal, key=KEY) in digests_for(address, None, key=KEY)


def test_digest_depends_on_key_kind_and_value() -> None:
    digests = {
        digest_of(ADDRESS, "ada@example.com", key=KEY),
        digest_of(ADDRESS, "bob@example.com", key=KEY),
        digest_of(DOMAIN, "ada@example.com", key=KEY),
        digest_of(ADDRESS, "ada@example.com", key="another key"),
    }

    assert len(digests) == 4
    assert {len(digest) for digest in digests} == {64}


def test_digest_is_hmac_sha256() -> None:
    """Fixed, because stored digests must go on matching."""
    assert digest_of(ADDRESS, "ada@example.com", key=KEY) == (
        "5314d5f125146f7220b10446d4526aafe2a42aaa4f532ec5a016ca932feeeb69"
    )


def test_digests_of_a_recipient_cover_tags_parent_domains_and_account() -> None:
    expected = {
        digest_of(kind, value, key=KEY)
        for kind, value in [
            (ADDRESS, "ada+x@mail.shop.example.com"),
            (ADDRESS, "ada@mail.shop.example.com"),
            (DOMAIN, "mail.shop.example.com"),
            (DOMAIN, "shop.example.com"),
            (DOMAIN, "example.com"),
            (ACCOUNT, "7"),
        ]
    }

    assert digests_for("Ada+x@Mail.Shop.Example.com", 7, key=KEY) == expected


@given(st.text(max_size=60), st.none() | st.integers())
def test_digests_are_found_for_anything(address: str, account_id: int | None) -> None:
    assert digests_for(address, account_id, key=KEY)


# Looking up --------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "value", "address", "account_id"),
    [
        (ADDRESS, "ada@example.com", "ADA@Example.com", None),
        (ADDRESS, "ada@example.com", "ada+news@example.com", None),
        (DOMAIN, "example.com", "bob@example.com", None),
        (DOMAIN, "example.com", "bob@mail.example.com", None),
        (ACCOUNT, "7", "bob@example.com", 7),
    ],
)
def test_suppressed_recipient_is_found(
    kind: SuppressionKind, value: str, address: str, account_id: int | None
) -> None:
    assert not blocked(address, account_id)
    suppressing(kind, value)

    assert blocked(address, account_id)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "value", "address", "account_id"),
    [
        (ADDRESS, "ada@example.com", "bob@example.com", 7),
        (ADDRESS, "ada+news@example.com", "ada@example.com", None),
        (ADDRESS, "ada@example.com", "ada@mail.example.com", None),
        (DOMAIN, "mail.example.com", "bob@example.com", None),
        (DOMAIN, "example.com", "bob@notexample.com", None),
        (ACCOUNT, "7", "bob@example.com", 8),
        (ACCOUNT, "7", "bob@example.com", None),
    ],
)
def test_other_recipient_is_not_suppressed(
    kind: SuppressionKind, value: str, address: str, account_id: int | None
) -> None:
    suppressing(kind, value)

    assert not blocked(address, account_id)


@pytest.mark.django_db
@pytest.mark.parametrize("recipients", [1, 200])
def test_suppressed_among_many_takes_one_query(
    recipients: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    entry = suppressing(ADDRESS, "user0@example.com")
    pairs = [(f"user{number}@example.com", number) for number in range(recipients)]

    with django_assert_num_queries(1):
        found = suppressed_among(pairs, key=settings.SUPPRESSION_KEY)

    assert {pair: match.suppression_id for pair, match in found.items()} == {
        ("user0@example.com", 0): entry.pk
    }


@pytest.mark.django_db
def test_suppressed_among_nobody_is_empty() -> None:
    assert suppressed_among([], key=settings.SUPPRESSION_KEY) == {}


@pytest.mark.django_db
def test_unsubscription_is_named_before_other_reasons() -> None:
    suppressing(DOMAIN, "example.com")
    suppressing(ADDRESS, "ada@example.com", UNSUBSCRIBED)
    pair = ("ada@example.com", 7)

    match = suppressed_among([pair], key=settings.SUPPRESSION_KEY)[pair]

    assert match.unsubscribed
    assert match.kind == ADDRESS
    assert match.reason == UNSUBSCRIBED


@pytest.mark.django_db
def test_another_key_finds_nothing() -> None:
    suppressing(ADDRESS, "ada@example.com")

    assert not is_suppressed(address="ada@example.com", account_id=None, key="another key")


# Suppressing -------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_suppress_records_who_when_and_why_without_the_address_in_the_ledger() -> None:
    entry = suppressing(ADDRESS, "Ada@Example.com", UNSUBSCRIBED, note="by link")

    assert entry.value == "ada@example.com"
    assert (entry.suppressed_at, entry.suppressed_by, entry.note) == (NOW, "person:1", "by link")
    assert events() == [
        (
            "suppression.added",
            f"suppression:{entry.pk}",
            {"kind": "address", "reason": "unsubscribed"},
        )
    ]


@pytest.mark.django_db
def test_suppress_again_changes_nothing() -> None:
    entry = suppressing(ADDRESS, "ada@example.com")

    again = suppressing(ADDRESS, "ADA@example.com", now=NOW + timedelta(days=1))

    assert again == entry
    assert Suppression.objects.get().suppressed_at == NOW
    assert len(events()) == 1


@pytest.mark.django_db
def test_suppress_for_a_further_reason_is_recorded_once() -> None:
    entry = suppressing(ADDRESS, "ada@example.com", SuppressionReason.BOUNCED)

    for reason in (UNSUBSCRIBED, UNSUBSCRIBED, SuppressionReason.COMPLAINT, UNSUBSCRIBED):
        suppressing(ADDRESS, "ada@example.com", reason)

    assert Suppression.objects.get().reason == SuppressionReason.BOUNCED
    assert events()[1:] == [
        ("suppression.repeated", f"suppression:{entry.pk}", {"reason": "unsubscribed"}),
        ("suppression.repeated", f"suppression:{entry.pk}", {"reason": "complaint"}),
    ]


@pytest.mark.django_db
def test_suppress_refuses_what_names_nobody() -> None:
    with pytest.raises(NotSuppressible):
        suppressing(ADDRESS, "ada")

    assert not Suppression.objects.exists()
    assert events() == []


@pytest.mark.django_db
def test_second_active_entry_is_refused_by_the_database() -> None:
    entry = suppressing(ADDRESS, "ada@example.com")
    entry.pk = None

    with pytest.raises(IntegrityError, match="suppression_once"), transaction.atomic():
        entry.save(force_insert=True)


@pytest.mark.django_db(transaction=True)
def test_suppress_at_the_same_time_makes_one_entry() -> None:
    ready = threading.Barrier(4)
    made: list[int] = []

    def work() -> None:
        try:
            ready.wait()
            made.append(suppressing(ADDRESS, "ada@example.com").pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 4
    assert len(set(made)) == 1
    assert [kind for kind, *_ in events()] == ["suppression.added"]


# Lifting -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_lift_allows_mail_again_and_keeps_the_entry() -> None:
    entry = suppressing(ADDRESS, "ada@example.com")

    lifted = lift(suppression_id=entry.pk, reason=" Asked to hear from us ", by=FOUNDER, now=NOW)

    assert not blocked("ada@example.com")
    assert (lifted.lifted_at, lifted.lifted_by) == (NOW, "person:1")
    assert lifted.lift_reason == "Asked to hear from us"
    assert events()[-1] == (
        "suppression.lifted",
        f"suppression:{entry.pk}",
        {"reason": "Asked to hear from us"},
    )


@pytest.mark.django_db
def test_lifted_address_can_be_suppressed_anew() -> None:
    entry = suppressing(ADDRESS, "ada@example.com")
    lift(suppression_id=entry.pk, reason="A mistake", by=FOUNDER, now=NOW)

    again = suppressing(ADDRESS, "ada@example.com")

    assert again.pk != entry.pk
    assert blocked("ada@example.com")


@pytest.mark.django_db
@pytest.mark.parametrize("reason", ["", "  \n"])
def test_lift_without_a_reason_is_refused(reason: str) -> None:
    entry = suppressing(ADDRESS, "ada@example.com")

    with pytest.raises(NeedsReason, match="needs a reason"):
        lift(suppression_id=entry.pk, reason=reason, by=FOUNDER, now=NOW)

    assert blocked("ada@example.com")


@pytest.mark.django_db
def test_lift_twice_is_refused() -> None:
    entry = suppressing(ADDRESS, "ada@example.com")
    lift(suppression_id=entry.pk, reason="A mistake", by=FOUNDER, now=NOW)

    with pytest.raises(NotActive):
        lift(suppression_id=entry.pk, reason="Another", by=FOUNDER, now=NOW)

    assert len(events()) == 2


# Forgetting --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_forgotten_address_is_still_suppressed() -> None:
    entry = suppressing(ADDRESS, "ada@example.com", note="Ada rang us")

    assert forget(kind=ADDRESS, value=" ADA@example.com", by=FOUNDER, now=NOW) == 1

    entry.refresh_from_db()
    assert (entry.value, entry.note) == (None, "")
    assert blocked("ada@example.com")
    assert events()[-1] == ("suppression.forgotten", f"suppression:{entry.pk}", {})


@pytest.mark.django_db
def test_forget_reaches_lifted_entries_and_no_others() -> None:
    first = suppressing(ADDRESS, "ada@example.com")
    lift(suppression_id=first.pk, reason="A mistake", by=FOUNDER, now=NOW)
    suppressing(ADDRESS, "ada@example.com")
    suppressing(DOMAIN, "example.com")

    assert forget(kind=ADDRESS, value="ada@example.com", by=FOUNDER, now=NOW) == 2
    assert forget(kind=ADDRESS, value="ada@example.com", by=FOUNDER, now=NOW) == 0

    values = Suppression.objects.values_list("value", flat=True)
    assert [value for value in values if value] == ["example.com"]


@pytest.mark.django_db
def test_suppress_a_forgotten_address_does_not_bring_it_back() -> None:
    suppressing(ADDRESS, "ada@example.com")
    forget(kind=ADDRESS, value="ada@example.com", by=FOUNDER, now=NOW)

    again = suppressing(ADDRESS, "ada@example.com")

    assert again.value is None


def test_messages_are_whole_sentences() -> None:
    for error in (NotSuppressible, NeedsReason, NotActive):
        assert (error.__doc__ or "").endswith(".")
    assert suppression.__doc__
