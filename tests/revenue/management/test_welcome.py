"""The link for the first person, where nothing prints it at the start."""

import io
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from tests.support.rows import make_user

pytestmark = pytest.mark.django_db


def test_the_link_opens_the_welcome_page(client: Client) -> None:
    out = io.StringIO()

    call_command("welcome", stdout=out)

    assert client.get(urlsplit(out.getvalue().strip()).path).status_code == 200


def test_there_is_no_link_once_somebody_is_in() -> None:
    make_user()

    with pytest.raises(CommandError, match="Somebody has an account already"):
        call_command("welcome")
