"""Policies as text in and out, and two of them side by side."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from revenue.access import Role
from revenue.models import PolicyEdit, PolicyKind, PolicyVersion
from revenue.policies.conditions import parse_policy
from revenue.policies.editing import save_edit, writing
from revenue.policies.rearranging import arranged
from revenue.policies.seeds import seed_policy
from revenue.policies.vocabulary import PolicyKind as Kind
from tests.support.rows import FOUNDER, NOW, publish_text
from tests.support.visits import messages_of, statements, visit_as

pytestmark = pytest.mark.django_db

IMPORT = "/policies/icp/import/"
HOSTILE = "</textarea><script>alert(1)</script>"


@pytest.fixture
def active() -> PolicyVersion:
    return publish_text(seed_policy(Kind.ICP))


@pytest.fixture
def client(active: PolicyVersion) -> Client:
    return visit_as(Role.ADMIN)


def other_text() -> dict[str, Any]:
    return arranged(seed_policy(Kind.ICP), "remove:dental").text.to_json()


def give(client: Client, text: str, **more: Any) -> Any:
    seen = writing(PolicyKind.ICP).seen
    return client.post(IMPORT, {"text": text, "seen": seen, **more})


def test_a_version_comes_out_as_the_text_that_it_is(active: PolicyVersion) -> None:
    response = visit_as(Role.ACCOUNTANT).get("/policies/icp/1/export/")

    assert parse_policy(response.content) == seed_policy(Kind.ICP)
    assert response.headers["Content-Disposition"] == 'attachment; filename="icp-1.json"'


def test_what_goes_out_comes_in_again(client: Client) -> None:
    text = client.get("/policies/icp/export/").content.decode()

    response = give(client, text)

    assert messages_of(response) == ["It says what stands here already."]
    assert PolicyEdit.objects.count() == 0


def test_a_pasted_text_becomes_what_is_being_written(client: Client) -> None:
    response = give(client, json.dumps(other_text()))

    assert response.headers["Location"] == "/policies/icp/edit/"
    assert writing(PolicyKind.ICP).text.to_json() == other_text()


def test_a_file_counts_instead_of_the_text(client: Client) -> None:
    file = SimpleUploadedFile("icp.json", b"\xef\xbb\xbf" + json.dumps(other_text()).encode())

    give(client, "nothing", file=file)

    assert writing(PolicyKind.ICP).text.to_json() == other_text()


@pytest.mark.parametrize(
    ("text", "path", "reason"),
    [
        ("{", "$", "This is not JSON"),
        ("[]", "$", "An object in braces is needed."),
        ('{"kind": "send", "title": "Ours", "rules": []}', "$.kind", "not icp"),
        ('{"kind": "icp", "title": "Ours", "rules": [{}]}', "$.rules[0].id", "This is missing."),
        ('{"kind": "icp", "title": "\\ud800", "rules": []}', "$.title", ""),
        ('{"kind": "icp", "title": "\\u0000", "rules": []}', "$.title", "control characters"),
        ('{"kind": "icp", "kind": "icp"}', "$", "stands twice"),
        ("[" * 5000, "$", "nested too deeply"),
    ],
)
def test_what_is_wrong_is_told_by_path_and_the_text_comes_back(
    client: Client, text: str, path: str, reason: str
) -> None:
    response = give(client, text)

    page = response.content.decode()
    assert response.status_code == 422
    assert f"<bdi>{path}</bdi>" in page
    assert reason in page
    assert text[:40].replace('"', "&quot;") in page
    assert PolicyEdit.objects.count() == 0


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"\xff\xfe", "no text in UTF-8"), (b"x" * 600_000, "larger than 512 KB"), (b"", "Paste a")],
)
def test_a_file_that_is_no_text_is_refused(client: Client, content: bytes, reason: str) -> None:
    response = give(client, "", file=SimpleUploadedFile("a.json", content))

    assert response.status_code == 422
    assert reason in response.content.decode()


def test_a_faulty_file_is_shown_as_text_to_be_mended(client: Client) -> None:
    file = SimpleUploadedFile("a.json", f'{{"kind": "{HOSTILE}"'.encode())

    page = give(client, "", file=file).content.decode()

    assert "&lt;/textarea&gt;&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_who_brings_in_second_is_told_and_keeps_the_text(client: Client) -> None:
    seen = writing(PolicyKind.ICP).seen
    save_edit(
        kind=PolicyKind.ICP, text=arranged(seed_policy(Kind.ICP), "off:dental").text, seen=seen,
        note="Switched “Dental” off.", by=FOUNDER, now=NOW,
    )  # fmt: skip

    response = client.post(IMPORT, {"text": json.dumps(other_text()), "seen": seen})

    page = response.content.decode()
    assert response.status_code == 409
    assert "Switched “Dental” off." in page
    assert "&quot;rules&quot;" in page
    assert writing(PolicyKind.ICP).seen in page


def test_two_versions_stand_side_by_side_word_by_word(client: Client) -> None:
    changed = seed_policy(Kind.ICP)
    for act in ("remove:dental", "warn:national-chain"):
        changed = arranged(changed, act).text
    publish_text(changed)

    page = client.get("/policies/icp/compare/", {"a": "1", "b": "2"}).content.decode()

    assert "not there" in page
    assert ">removed</span>" in page


@pytest.mark.parametrize("query", ["", "?a=1&b=1", "?a=x&b=9999999999", "?a=-1&b=²"])
def test_any_pair_can_be_asked_for(client: Client, query: str) -> None:
    page = client.get(f"/policies/icp/compare/{query}")

    assert page.status_code == 200
    assert "They say the same" in page.content.decode()


def test_without_versions_the_page_says_what_will_stand_here() -> None:
    page = visit_as(Role.ADMIN).get("/policies/send/compare/")

    assert "No versions yet" in page.content.decode()


def test_comparing_takes_the_same_statements_with_two_versions_and_four(client: Client) -> None:
    counts = []
    for texts in (1, 2):
        for _ in range(texts):
            publish_text(seed_policy(Kind.ICP))
        with statements() as found:
            client.get("/policies/icp/compare/")
        counts.append(len(found))

    # session, person, roles, numbers, both versions; switches, changes that wait
    assert counts == [7, 7]
