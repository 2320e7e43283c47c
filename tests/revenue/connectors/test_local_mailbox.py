from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from revenue.connectors.local_mailbox import (
    LONGEST_HEADER,
    LONGEST_TEXT,
    KeptMail,
    NoSuchMail,
    find_by_message_id,
    list_messages,
    new_key,
    path_of,
    read_message,
)
from revenue.connectors.local_smtp import Keeper


def content_of(number: int = 1, **headers: str) -> bytes:
    message = EmailMessage()
    given = {
        "Message-ID": f"<{number}@example.org>",
        "From": "Nick <nick@example.org>",
        "To": "Ada <ada@example.com>",
        "Subject": f"Subject {number}",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    for name, value in given.items():
        message[name] = value
    message.set_content("Hello Ädä\n\nline two\n")
    message.add_alternative("<p>Hello Ädä</p>\n", subtype="html")
    return message.as_bytes().replace(b"\n", b"\r\n")


def kept(folder: Path, content: bytes) -> KeptMail:
    """As it is read after the server kept it."""
    key = Keeper(folder).keep("nick@example.org", ["ada@example.com"], content)
    return read_message(folder, key)


# What was kept -----------------------------------------------------------------------------------


def test_mail_is_read_as_it_was_sent(tmp_path: Path) -> None:
    mail = kept(tmp_path, content_of(List_Unsubscribe="<https://example.org/u/1>"))

    assert mail.message_id == "<1@example.org>"
    assert mail.from_ == "Nick <nick@example.org>"
    assert mail.to == "Ada <ada@example.com>"
    assert mail.subject == "Subject 1"
    assert mail.text == "Hello Ädä\n\nline two\n"
    assert mail.html == "<p>Hello Ädä</p>\n"
    assert abs(mail.received_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert mail.headers[:2] == (
        ("Return-Path", "<nick@example.org>"),
        ("Delivered-To", "ada@example.com"),
    )
    assert ("List-Unsubscribe", "<https://example.org/u/1>") in mail.headers


def test_list_is_newest_first_and_goes_on_before_a_key(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path)
    for number in range(5):
        keeper.keep("nick@example.org", ["ada@example.com"], content_of(number))

    page = list_messages(tmp_path, limit=2)
    following = list_messages(tmp_path, limit=9, before=page[-1].key)

    assert [mail.subject for mail in page] == ["Subject 4", "Subject 3"]
    assert [mail.subject for mail in following] == ["Subject 2", "Subject 1", "Subject 0"]
    assert page[0].to == "Ada <ada@example.com>"
    assert list_messages(tmp_path, limit=9, before=following[-1].key) == []


def test_list_of_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert list_messages(tmp_path / "none", limit=9) == []
    assert find_by_message_id(tmp_path / "none", "<1@example.org>") == []


def test_list_leaves_out_what_is_no_mail(tmp_path: Path) -> None:
    mail = kept(tmp_path, content_of())
    for name in ("notes.txt", "..eml", f"{mail.key}.tmp", f"x{mail.key}.eml"):
        (tmp_path / name).write_text("Subject: no\r\n\r\n")

    assert [found.key for found in list_messages(tmp_path, limit=9)] == [mail.key]


@pytest.mark.parametrize("written", ["<2@example.org>", "2@example.org", " <2@example.org> "])
def test_find_by_message_id_names_each_copy(tmp_path: Path, written: str) -> None:
    keeper = Keeper(tmp_path)
    keys = [keeper.keep("a@b.example", ["c@d.example"], content_of(n)) for n in (1, 2, 2, 3)]

    assert find_by_message_id(tmp_path, written) == keys[1:3]
    assert find_by_message_id(tmp_path, "<4@example.org>") == []


@pytest.mark.parametrize(
    "key",
    [
        "",
        "..",
        "../../../etc/passwd",
        "/etc/passwd",
        "1700000000000000000-0123456789abcdef-01234567/../x",
        "1700000000000000000-0123456789abcdef-01234567\n",
        "1700000000000000000-0123456789abcdef-0123456\x00",
        "\u0661" * 19 + "-0123456789abcdef-01234567",
        "1700000000000000000-0123456789abcdef-01234567",
    ],
)
def test_key_of_no_mail_is_refused(tmp_path: Path, key: str) -> None:
    kept(tmp_path, content_of())

    with pytest.raises(NoSuchMail):
        read_message(tmp_path, key)


# Hostile content ---------------------------------------------------------------------------------


def test_unknown_character_set_is_read_as_utf8(tmp_path: Path) -> None:
    content = (
        b"Subject: =?klingon?q?=41?=\r\nContent-Type: text/plain; charset=klingon\r\n\r\n"
        b"caf\xc3\xa9 \xff\r\n"
    )

    mail = kept(tmp_path, content)

    assert mail.text == "café \ufffd\n"


def test_wrong_transfer_encoding_is_survived(tmp_path: Path) -> None:
    content = (
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!! not base64\r\n"
    )

    assert isinstance(kept(tmp_path, content).text, str)


def test_attachment_is_not_taken_for_the_text(tmp_path: Path) -> None:
    message = EmailMessage()
    message.set_content("the text")
    message.add_attachment("a note", filename="note.txt")
    content = message.as_bytes().replace(b"\n", b"\r\n")

    assert kept(tmp_path, content).text == "the text\n"


@pytest.mark.parametrize("depth", [50, 5000])
def test_deep_nesting_is_survived(tmp_path: Path, depth: int) -> None:
    parts = [
        f'Content-Type: multipart/mixed; boundary="b{level}"\r\n\r\n--b{level}\r\n'
        for level in range(depth)
    ]

    mail = kept(tmp_path, "".join(parts).encode() + b"\r\ninside\r\n")

    assert len(mail.text) <= LONGEST_TEXT


def test_long_texts_are_cut(tmp_path: Path) -> None:
    content = b"Subject: " + b"s" * 5000 + b"\r\n\r\n" + b"text " * 100_000

    mail = kept(tmp_path, content)

    assert len(mail.subject) == LONGEST_HEADER
    assert len(mail.text) == LONGEST_TEXT


def test_header_cannot_bring_a_second_line_or_control_characters(tmp_path: Path) -> None:
    content = b"Subject: =?utf-8?q?a=0D=0Ab=00c=1B?=\r\nFrom: =?utf-8?b?" + b"\r\n\r\nx"

    mail = kept(tmp_path, content)

    assert mail.subject == "a b\ufffdc\ufffd"
    assert all(value.isprintable() or value == "" for _, value in mail.headers)


@given(st.binary(max_size=2000))
@example(b"")
@example(b"\r\n\r\n")
@example(b"From: \r\nTo: ,,;:<\r\nSubject:\r\nMessage-ID: <@\r\n\r\n")
@example(b"To: =?utf-8?q?=?=@[]\r\n\r\n")
@example(b'To: a:b:c:;<"\r\n\r\n')
@example(b"Content-Type: multipart/mixed\r\n\r\nx")
@example(b"Content-Type: message/rfc822\r\n\r\nContent-Type: text/plain\r\n\r\nx")
@example(b"Content-Type: text/plain; charset*=x'y'%ff\r\n\r\nx")
@example(b"Content-Disposition: =?\r\n\r\nx")
def test_any_bytes_can_be_listed_and_read(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("mail")
    key = new_key(content)
    path_of(folder, key).write_bytes(content)

    mail = read_message(folder, key)

    (summary,) = list_messages(folder, limit=9)
    assert (summary.key, summary.subject) == (mail.key, mail.subject)
    assert "\n" not in mail.subject + mail.from_ + mail.to + mail.message_id
    assert "\x00" not in mail.text + mail.html
