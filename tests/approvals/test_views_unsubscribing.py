from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from approvals.models import Send, SendState
from approvals.views.unsubscribing import masked
from revenue.conversation.suppression import is_suppressed, suppress
from revenue.models import LedgerEvent, Suppression, SuppressionKind, SuppressionReason
from tests.support.rows import FOUNDER, NOW, installed, make_contact, make_draft, make_send

pytestmark = pytest.mark.django_db

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def sent() -> Send:
    installed()
    contact = make_contact(email="dana@harbour.example")
    return make_send(make_draft(contact), state=SendState.SENT)


def forbidden(send: Send) -> bool:
    key = settings.SUPPRESSION_KEY
    return is_suppressed(address=send.to_address, account_id=send.account_id, key=key)


@pytest.mark.parametrize("method", ["get", "head"])
def test_scanner_changes_nothing(method: str, sent: Send) -> None:
    events = LedgerEvent.objects.count()

    response = getattr(Client(), method)(f"/u/{sent.token}")

    assert response.status_code == 200
    assert not forbidden(sent)
    assert LedgerEvent.objects.count() == events
    assert "no-store" in response["Cache-Control"]


def test_page_shows_the_button_and_masks_the_address(sent: Send) -> None:
    html = Client().get(f"/u/{sent.token}").content.decode()

    assert "Hollow Oak Agency" in html
    assert "d•••@harbour.example" in html
    assert sent.to_address not in html
    assert '<form method="post">' in html


@pytest.mark.parametrize("body", [ONE_CLICK, {}, {"anything": "else"}])
def test_post_unsubscribes_at_once_without_login_or_token(body: Any, sent: Send) -> None:
    response = Client(enforce_csrf_checks=True).post(f"/u/{sent.token}", body)

    entry = Suppression.objects.get()
    assert (response.status_code, entry.reason) == (200, SuppressionReason.UNSUBSCRIBED)
    assert forbidden(sent)
    assert "You will not hear from us again" in response.content.decode()
    kinds = set(
        LedgerEvent.objects.filter(actor="system:unsubscribe").values_list("kind", flat=True)
    )
    assert kinds == {"suppression.added", "send.unsubscribed"}


def test_post_again_changes_nothing_more(sent: Send) -> None:
    Client().post(f"/u/{sent.token}", ONE_CLICK)
    events = LedgerEvent.objects.count()

    response = Client().post(f"/u/{sent.token}", ONE_CLICK)

    assert response.status_code == 200
    assert Suppression.objects.count() == 1
    assert LedgerEvent.objects.count() == events


def test_posts_after_another_suppression_are_recorded_once(sent: Send) -> None:
    suppress(
        kind=SuppressionKind.ADDRESS, value=sent.to_address, reason=SuppressionReason.BOUNCED,
        by=FOUNDER, now=NOW,
    )  # fmt: skip
    events = LedgerEvent.objects.count()

    for _ in range(3):
        assert Client().post(f"/u/{sent.token}", ONE_CLICK).status_code == 200

    assert LedgerEvent.objects.count() == events + 1
    assert LedgerEvent.objects.latest("id").data == {"reason": "unsubscribed"}


@pytest.mark.parametrize("token", ["x", "%00", "a" * 500, "..%2F..", "ü"])
@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_unknown_link_is_a_kind_404(method: str, token: str, sent: Send) -> None:
    response = getattr(Client(), method)(f"/u/{token}")

    assert response.status_code == 404
    assert Suppression.objects.count() == 0


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(method: str, sent: Send) -> None:
    assert getattr(Client(), method)(f"/u/{sent.token}").status_code == 405
    assert not forbidden(sent)


@pytest.mark.parametrize(
    ("address", "shown"),
    [("d@x.example", "d•••@x.example"), ("dana@x.example", "d•••@x.example")],
)
def test_masked_address_hides_the_rest(address: str, shown: str) -> None:
    assert masked(address) == shown
