import html
import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import compat32, default
from email.utils import parseaddr, parsedate_to_datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from revenue.connectors.smtp import EmailBackend
from revenue.conversation.outgoing import (
    MailRefused,
    OutgoingMail,
    compose_message,
    footer_text,
    make_message_id,
    render_parts,
)
from tests.support.smtp_server import SmtpServer

URL = "https://sales.example.com/u/0123456789abcdef"
FOOTER = footer_text(
    sender_name="Nick Example",
    company="Sneeze Ltd",
    postal_address="12 Fraser Highway\nLangley BC  V3A 4B1",
    unsubscribe_url=URL,
)
MAIL = OutgoingMail(
    message_id="<0a1b2c@example.org>",
    from_name="Nick Example",
    from_address="nick@example.org",
    to_name="Ada Lovelace",
    to_address="ada@example.com",
    subject="Three chairs, one front desk",
    body="Hello Ada,\n\nthis is short.\nReply YES.\n\nNick",
    footer=FOOTER,
    unsubscribe_url=URL,
    unsubscribe_mailto="nick@example.org?subject=unsubscribe",
    sent_at=datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
)


def wire_bytes(mail: OutgoingMail) -> bytes:
    composed: Any = compose_message(mail).message()
    as_sent: bytes = composed.as_bytes(linesep="\r\n")
    return as_sent


def arrived(mail: OutgoingMail) -> EmailMessage:
    parsed = message_from_bytes(wire_bytes(mail), policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert isinstance(body, EmailMessage)
    content = body.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


# Headers -----------------------------------------------------------------------------------------


def test_compose_sets_the_headers() -> None:
    message = arrived(MAIL)

    assert message["Message-ID"] == "<0a1b2c@example.org>"
    assert message["From"] == "Nick Example <nick@example.org>"
    assert message["To"] == "Ada Lovelace <ada@example.com>"
    assert message["Subject"] == "Three chairs, one front desk"
    assert parsedate_to_datetime(message["Date"]) == MAIL.sent_at
    assert message["List-Unsubscribe"] == (
        f"<{URL}>, <mailto:nick@example.org?subject=unsubscribe>"
    )
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["MIME-Version"] == "1.0"
    assert message.get_content_type() == "multipart/alternative"
    assert {name for name, count in headers_of(message).items() if count > 1} == set()
    assert "Reply-To" not in message
    assert "References" not in message


def headers_of(message: EmailMessage) -> dict[str, int]:
    names = [name.lower() for name in message]
    return {name: names.count(name) for name in names}


def test_compose_sets_the_thread_and_where_to_reply() -> None:
    message = arrived(
        replace(
            MAIL,
            reply_to="desk@example.org",
            in_reply_to="<2@example.com>",
            references=("<1@example.org>", "<2@example.com>"),
        )
    )

    assert message["Reply-To"] == "desk@example.org"
    assert message["In-Reply-To"] == "<2@example.com>"
    assert message["References"] == "<1@example.org> <2@example.com>"


def test_compose_without_names_and_mailto() -> None:
    message = arrived(replace(MAIL, from_name="", to_name=" ", unsubscribe_mailto=""))

    assert message["From"] == "nick@example.org"
    assert message["To"] == "ada@example.com"
    assert message["List-Unsubscribe"] == f"<{URL}>"


def test_compose_is_the_same_at_each_attempt() -> None:
    assert wire_bytes(MAIL) == wire_bytes(MAIL)
    assert wire_bytes(MAIL) != wire_bytes(replace(MAIL, message_id="<other@example.org>"))


def test_body_cannot_end_its_part() -> None:
    boundary = arrived(MAIL).get_boundary()
    body = f"before\n--{boundary}--\n--{boundary}\nafter"

    assert part(arrived(replace(MAIL, body=body)), "plain").startswith(f"{body}\n\n")


@pytest.mark.parametrize("length", range(60, 90))
def test_short_headers_are_folded_as_the_standard_does(length: int) -> None:
    mail = replace(MAIL, to_name=("word " * 30)[:length], subject=("word " * 30)[:length])
    standard: Any = compose_message(mail).message()
    standard.policy = compat32

    assert wire_bytes(mail) == standard.as_bytes(linesep="\r\n")


SAFE = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))
LINE = st.text(SAFE, max_size=200).filter(lambda text: "=?" not in text)


def collapsed(text: str) -> str:
    return " ".join(text.split())


@given(LINE.filter(lambda text: bool(text.split())))
@example("x" * 255)
@example("Приглашение " * 20)
@example("دعوة إلى اجتماع قصير حول مكتب الاستقبال " * 5)
@example("‏שלום‏, Ada - 3 שאלות")
@example("日本語" * 60)
@example("👩‍⚕️ " * 40)
@example('a, b; c: "d" <e@f.g> (h) = ? _')
def test_any_subject_arrives_as_written(subject: str) -> None:
    assert arrived(replace(MAIL, subject=subject))["Subject"] == collapsed(subject)


@given(LINE)
@example('O\'Brien, "Bob" (Sales) <x@y>')
@example("back\\slash")
@example('Ünï, "Cödé" \\')
@example("محمد بن سلمان " * 12)
@example("Zoë " * 49)
@example("@")
def test_any_name_arrives_as_written(name: str) -> None:
    raw = message_from_bytes(wire_bytes(replace(MAIL, to_name=name, from_name=name)))

    for header, address in (("To", "ada@example.com"), ("From", "nick@example.org")):
        assert mailbox_in(raw[header]) == (collapsed(name), address)


def mailbox_in(header: str) -> tuple[str, str]:
    """Name and address, decoded as RFC 2047 says.

    ``policy.default`` keeps the space between two encoded words of a name, so it reads a long
    name wrongly.
    """
    unfolded = "".join(header.splitlines())
    name, address = parseaddr(unfolded)
    if "=?" not in unfolded:
        return name, address
    words = unfolded.removesuffix(f" <{address}>")
    return str(make_header(decode_header(words))), address


@given(LINE, LINE.filter(lambda text: bool(text.split())))
def test_wire_form_is_ascii_in_short_lines(name: str, subject: str) -> None:
    content = wire_bytes(replace(MAIL, to_name=name, subject=subject, body=subject + "ü" * 2000))

    assert content.isascii()
    headers, _, _ = content.partition(b"\r\n\r\n")
    assert max(len(line) for line in content.split(b"\r\n")) <= 78
    assert not re.search(rb"^[A-Za-z-]+: ?$", headers, re.MULTILINE)
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")


def test_international_domain_is_written_in_ascii() -> None:
    message = arrived(replace(MAIL, to_name="Ü", to_address="info@bücher.example"))

    assert message["To"].addresses[0].addr_spec == "info@xn--bcher-kva.example"


# Refusals ----------------------------------------------------------------------------------------

HEADER_FIELDS = [
    "message_id",
    "from_name",
    "from_address",
    "to_name",
    "to_address",
    "subject",
    "unsubscribe_url",
    "unsubscribe_mailto",
    "reply_to",
    "in_reply_to",
]
INJECTIONS = [
    "\r\nBcc: victim@example.net",
    "\nBcc: victim@example.net",
    "\rBcc: victim@example.net",
    "\r\n\r\nbody",
    "\x00",
    "\x0b",
    "\x85",
    "\u2028Bcc: victim@example.net",
    "\x1b[2J",
    "\ud800",
    "\t",
]


@pytest.mark.parametrize("field", HEADER_FIELDS)
@pytest.mark.parametrize("injection", INJECTIONS)
@pytest.mark.parametrize("where", ["start", "middle", "end"])
def test_line_break_or_control_character_in_a_header_is_refused(
    field: str, injection: str, where: str
) -> None:
    good = (
        getattr(MAIL, field) or {"reply_to": "a@b.example", "in_reply_to": "<1@a.example>"}[field]
    )
    half = len(good) // 2
    bad = {
        "start": injection + good,
        "middle": good[:half] + injection + good[half:],
        "end": good + injection,
    }[where]

    changes: dict[str, Any] = {field: bad}

    with pytest.raises(MailRefused) as caught:
        compose_message(replace(MAIL, **changes))

    assert caught.value.field == field
    assert str(caught.value).startswith(field.replace("_", " "))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("subject", ""),
        ("subject", " \u00a0 "),
        ("subject", "x" * 256),
        ("subject", "=?utf-8?q?Hi=0D=0ABcc:_x?="),
        ("to_name", "=?UTF-8?B?SGk=?="),
        ("to_name", "x" * 201),
        ("body", ""),
        ("body", "\n \n"),
        ("body", "a\x00b"),
        ("body", "a\ud800b"),
        ("body", "x" * 100_001),
        ("footer", ""),
        ("footer", "12 Fraser Highway, Langley"),
        ("footer", f"12 Fraser Highway {URL}0"),
        ("to_address", ""),
        ("to_address", "ada"),
        ("to_address", "ada@example.com, eve@example.net"),
        ("to_address", "Ada <ada@example.com>"),
        ("to_address", '"ada,eve"@example.com'),
        ("to_address", "ädä@example.com"),
        ("to_address", " ada@example.com"),
        ("from_address", "nick"),
        ("reply_to", "nick"),
        ("message_id", "0a1b2c@example.org"),
        ("message_id", "<0a1b2c>"),
        ("message_id", "<a@b><c@d>"),
        ("message_id", f"<{'a' * 250}@b>"),
        ("in_reply_to", "1"),
        ("references", ("<1@a.example>", "2")),
        ("unsubscribe_url", ""),
        ("unsubscribe_url", "javascript:alert(1)"),
        ("unsubscribe_url", "https://x/>,<https://evil"),
        ("unsubscribe_url", "https://x/a,b"),
        ("unsubscribe_url", "https://bücher.example/u/1"),
        ("unsubscribe_url", "https://x/" + "a" * 900),
        ("unsubscribe_mailto", "nick"),
        ("unsubscribe_mailto", "a@b>,<https://evil"),
        ("sent_at", datetime(2026, 11, 20)),  # noqa: DTZ001
    ],
)
def test_bad_field_is_refused_by_name(field: str, value: object) -> None:
    changes: dict[str, Any] = {field: value}

    with pytest.raises(MailRefused) as caught:
        compose_message(replace(MAIL, **changes))

    assert caught.value.field == field


@given(st.sampled_from(["subject", "to_name", "from_name"]), st.text(max_size=60))
def test_no_text_adds_a_header(field: str, value: str) -> None:
    changes: dict[str, Any] = {field: value}
    try:
        message = arrived(replace(MAIL, **changes))
    except MailRefused:
        return

    assert sorted(headers_of(message)) == sorted(headers_of(arrived(MAIL)))
    assert message.get_all("To") is not None
    assert len(message["To"].addresses) == 1


# Parts -------------------------------------------------------------------------------------------


class Words(HTMLParser):
    """The text, the tags and the attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.tags, self.attributes = "", list[str](), set[tuple[str, str | None]]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.update(attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_text_part_is_body_and_footer() -> None:
    assert part(arrived(MAIL), "plain") == (
        "Hello Ada,\n\nthis is short.\nReply YES.\n\nNick\n\n"
        "Nick Example, Sneeze Ltd\n12 Fraser Highway\nLangley BC  V3A 4B1\n\n"
        f"Don't want to hear from us again? Unsubscribe: {URL}\n"
    )


def test_html_part_is_paragraphs_with_one_link() -> None:
    page = part(arrived(MAIL), "html")

    assert '<p dir="auto">this is short.<br>\nReply YES.</p>' in page
    assert f'again? <a href="{URL}">Unsubscribe</a></p>' in page
    assert "".join(f"<{tag}>" for tag in Words(page).tags) == (
        "<html><head><meta><body><p><p><br><p><p><br><br><p><a>"
    )


def test_link_in_a_footer_of_other_words_shows_the_address() -> None:
    parts = render_parts("Hi", f"12 Fraser Highway\nStop: {URL}", unsubscribe_url=URL)

    assert f'Stop: <a href="{URL}">{URL}</a></p>' in parts.html


def test_preview_is_what_arrives() -> None:
    parts = render_parts(MAIL.body, MAIL.footer, unsubscribe_url=URL)
    message = arrived(MAIL)

    assert part(message, "plain") == parts.text
    assert part(message, "html") == parts.html
    assert parts.fragment in parts.html


BODY = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), include_characters="\n\t"), max_size=500
).filter(lambda text: bool(text.strip()))


@given(BODY)
@example("é" * 3000)
@example("From here\n.\n..\n-- \nafter")
@example("=20=\n= =3D")
@example("trailing   \nspace\t\n")
@example("<script>alert(1)</script><img src=https://evil/x.png> &amp; \"'")
def test_any_body_arrives_as_written(body: str) -> None:
    message = arrived(replace(MAIL, body=body))
    written = "\n".join(line.rstrip() for line in body.split("\n")).strip("\n")

    assert part(message, "plain") == f"{written}\n\n{FOOTER}\n"


@given(BODY)
@example("<script>alert(1)</script><img src=https://evil/x.png onerror=x()> <a href='x'>")
@example("&lt;b&gt; &amp;")
def test_html_holds_the_same_words_and_nothing_active(body: str) -> None:
    parts = render_parts(body, FOOTER, unsubscribe_url=URL)
    page = Words(parts.html)

    assert set(page.tags) <= {"html", "head", "meta", "body", "p", "br", "a"}
    assert page.attributes == {("charset", "utf-8"), ("dir", "auto"), ("href", URL)}
    assert page.text.split()[: len(body.split())] == body.split()
    assert html.unescape(parts.html).count(URL) == 1 + body.count(URL)


def test_windows_line_ends_are_the_same_as_others() -> None:
    body = "one\r\n\r\ntwo\rthree"

    assert part(arrived(replace(MAIL, body=body)), "plain").startswith("one\n\ntwo\nthree\n\n")


# Pieces ------------------------------------------------------------------------------------------


def test_footer_leaves_out_what_is_not_known() -> None:
    footer = footer_text(
        sender_name="", company="Sneeze Ltd", postal_address="", unsubscribe_url=URL
    )

    assert footer == (f"Sneeze Ltd\n\nDon't want to hear from us again? Unsubscribe: {URL}")


def test_message_ids_are_valid_and_never_the_same() -> None:
    made = {make_message_id("bücher.example") for _ in range(100)}

    assert len(made) == 100
    for message_id in made:
        assert re.fullmatch(r"<[0-9a-f]{32}@xn--bcher-kva\.example>", message_id)


@pytest.mark.parametrize("domain", ["", "a b", "a>\r\nX: y", "a@b"])
def test_message_id_at_a_bad_domain_is_refused(domain: str) -> None:
    with pytest.raises(MailRefused):
        make_message_id(domain)


def test_composed_mail_arrives_over_smtp() -> None:
    mail = replace(
        MAIL, to_name='Zoë, "Z" Smith', to_address="zoe@köln.example", subject="Grüße " * 20
    )
    with SmtpServer() as server:
        EmailBackend(host="localhost", port=server.port).send_messages([compose_message(mail)])

    (kept,) = server.kept
    assert kept.sender == "nick@example.org"
    assert kept.recipients == ("zoe@xn--kln-sna.example",)
    assert kept.message_id == MAIL.message_id
    assert kept.message["Subject"] == collapsed("Grüße " * 20)
    assert kept.message["To"].addresses[0].display_name == 'Zoë, "Z" Smith'
    assert part(kept.message, "plain") == part(arrived(mail), "plain")
