from types import SimpleNamespace

import pytest
from django.test import RequestFactory

from revenue.access import MATRIX, Role, may
from revenue.web import navigation


def reader(*roles: Role) -> SimpleNamespace:
    held = frozenset(roles)
    return SimpleNamespace(
        roles=held,
        may_see=lambda name: may(held, name, method="GET"),
        may_post=lambda name: may(held, name, method="POST"),
    )


@pytest.fixture
def _addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    def address(name: str) -> str:
        return f"/{name.partition(':')[2]}/"

    monkeypatch.setattr(navigation, "reverse", address)


def rail(*roles: Role, at: str = "/", demo: bool = False) -> list[navigation.Place]:
    request = RequestFactory().get(at)
    request.user = reader(*roles)  # type: ignore[assignment]
    counts = {"approvals_waiting": 12}
    return navigation.places(request, counts=counts, demo=demo)


def keys(places: list[navigation.Place]) -> list[str]:
    return [place.entry.key for place in places]


def test_every_entry_is_in_the_permission_matrix() -> None:
    names = {entry.url_name for entry in navigation.ENTRIES}
    names |= {entry.acts for entry in navigation.ENTRIES if entry.acts}
    assert names - MATRIX.keys() == set()


@pytest.mark.usefixtures("_addresses")
def test_accountant_sees_what_the_role_may_see() -> None:
    assert keys(rail(Role.ACCOUNTANT)) == ["accounts", "policies", "seats", "ledger"]


@pytest.mark.usefixtures("_addresses")
def test_settings_are_for_the_admin_and_the_mailbox_for_the_demo() -> None:
    assert keys(rail(Role.ADMIN, demo=True))[-2:] == ["settings", "mailbox"]
    assert keys(rail(Role.FOUNDER))[-1] == "suppressions"


@pytest.mark.usefixtures("_addresses")
def test_count_is_shown_only_to_who_may_decide() -> None:
    assert rail(Role.FOUNDER)[0].count == 12
    assert rail(Role.ADMIN)[0].count == ""


@pytest.mark.usefixtures("_addresses")
@pytest.mark.parametrize(
    ("role", "phone"),
    [
        (Role.FOUNDER, ["approvals", "accounts", "seats"]),
        (Role.ACCOUNTANT, ["accounts", "seats", "ledger"]),
        (Role.ADMIN, ["approvals", "policies", "seats"]),
    ],
)
def test_phone_has_three_entries_of_the_role(role: Role, phone: list[str]) -> None:
    assert keys([place for place in rail(role) if place.on_phone]) == phone


@pytest.mark.usefixtures("_addresses")
def test_phone_has_three_entries_for_two_roles() -> None:
    places = rail(Role.FOUNDER, Role.ADMIN)
    assert sum(place.on_phone for place in places) == 3


@pytest.mark.usefixtures("_addresses")
def test_page_below_an_entry_is_in_that_entry() -> None:
    assert keys([place for place in rail(Role.FOUNDER, at="/queue/12/") if place.here]) == [
        "approvals"
    ]


@pytest.mark.usefixtures("_addresses")
def test_hairline_stands_where_the_group_changes() -> None:
    starts = [place.entry.key for place in rail(Role.FOUNDER, demo=True) if place.starts_group]
    assert starts == ["policies", "ledger", "mailbox"]


def test_each_entry_has_a_letter_of_its_own() -> None:
    letters = ["t", *(entry.letter for entry in navigation.ENTRIES)]

    assert all(len(letter) == 1 and letter.islower() for letter in letters)
    assert "g" not in letters
    assert len(set(letters)) == len(letters)
