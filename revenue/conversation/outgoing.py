"""One outgoing mail, composed from its parts; a preview shows the same parts.

Paragraphs are not wrapped: quoted-printable keeps the lines short on the wire, and each reader's
program wraps them to its own width. (Wrapped lines need format=flowed, which Gmail and Outlook
ignore, so a telephone would show ragged lines.)
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from email.charset import QP, Charset
from email.header import Header
from email.policy import Compat32
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import EmailValidator
from django.utils.encoding import punycode
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

NAME_LENGTH = 200
SUBJECT_LENGTH = 255
ID_LENGTH = 250
URL_LENGTH = 900
TEXT_LENGTH = 100_000
LONGEST_PLAIN_WORD = 60
LINE_LENGTH = 80
"""With its CRLF."""

UNSUBSCRIBE = "Unsubscribe: "
LINE_BREAK = SafeString("<br>\n")
HTML_PAGE = """\
<!doctype html>
<html>
<head><meta charset="utf-8"></head>
<body>
{}
</body>
</html>
"""

UNSAFE_IN_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
UNSAFE_IN_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
ENCODED_WORD = re.compile(r"=\?[^?]*\?[bq]\?", re.IGNORECASE)
MESSAGE_ID = re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>", re.ASCII)
WEB_ADDRESS = re.compile(r"https?://[!-;=?-~]+", re.ASCII)
MAIL_ADDRESS_URI = re.compile(r"mailto:[!-;=?-~]+@[!-;=?-~]+", re.ASCII)
URI_CHARACTERS = "!#$%&'()*+/:;=?@[]~"
BLANK_LINES = re.compile(r"\n\s*\n")

is_address = EmailValidator()


class MailRefused(ValueError):
    """A field of the mail is missing, or holds what could forge or break the message."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field.replace('_', ' ')}: {problem}")
        self.field = field
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMail:
    """Everything that makes one mail.

    ``message_id`` has its angle brackets and stays the same at each attempt. ``footer`` holds the
    postal address and the unsubscribe link (see ``footer_text``). ``unsubscribe_mailto`` is an
    address, with or without ``mailto:`` and a subject, or empty. ``in_reply_to`` and
    ``references`` hold Message-IDs, oldest first. One-click unsubscribing works at mail services
    only if ``unsubscribe_url`` is https (RFC 8058).
    """

    message_id: str
    from_name: str
    from_address: str
    to_name: str
    to_address: str
    subject: str
    body: str
    footer: str
    unsubscribe_url: str
    unsubscribe_mailto: str
    sent_at: datetime
    reply_to: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MailParts:
    """What arrives: the plain text, the HTML page, and the inside of its body for a preview.

    The HTML has no style, script, image or remote content, so it may stand in any page.
    """

    text: str
    html: str
    fragment: SafeString


class Folding(Compat32):
    """Writes short ASCII headers as they are; the standard way costs half the time of a mail."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        if isinstance(value, str) and value.isascii() and "\n" not in value:
            line = f"{name}: {value}{self.linesep}".encode()
            if len(line) <= LINE_LENGTH:
                return line
        return super().fold_binary(name, value)


class ComposedMessage(EmailMultiAlternatives):
    """Encodes its long headers from their first line on, where Django's leaves that line empty.

    Its bytes are the same each time: the boundary follows from the Message-ID.
    """

    mailboxes: dict[str, tuple[str, str]]
    """Name and address by header; the names that need encoding."""

    def message(self, *args: Any, **kwargs: Any) -> Any:
        message: Any = super().message(*args, **kwargs)
        message.policy = Folding()
        digest = hashlib.sha256(message["Message-ID"].encode()).hexdigest()
        message.set_param("boundary", f"=_{digest[:32]}")  # no quoted-printable text holds "=_"
        subject = str(self.subject)
        if _needs_encoding(subject):
            message.replace_header("Subject", Header(subject, "utf-8", header_name="Subject"))
        for header, (name, address) in self.mailboxes.items():
            if _needs_encoding(name):
                encoded = Header(name, "utf-8", header_name=header)
                encoded.append(f"<{address}>", "us-ascii")
                message.replace_header(header, encoded)
        return message


def compose_message(mail: OutgoingMail) -> EmailMultiAlternatives:
    """The mail as it goes to a backend; raises MailRefused for the first field that is wrong."""
    parts = render_parts(mail.body, mail.footer, unsubscribe_url=mail.unsubscribe_url)
    sender = _mailbox("from", mail.from_name, mail.from_address)
    recipient = _mailbox("to", mail.to_name, mail.to_address)
    message = ComposedMessage(
        subject=_required("subject", _line("subject", mail.subject, SUBJECT_LENGTH)),
        body=parts.text,
        from_email=_mailbox_text(*sender),
        to=[_mailbox_text(*recipient)],
        reply_to=[_address("reply_to", mail.reply_to)] if mail.reply_to else None,
        headers=_headers(mail),
    )
    message.mailboxes = {"From": sender, "To": recipient}
    message.attach_alternative(parts.html, "text/html")
    message.encoding = _quoted_printable()
    return message


def render_parts(body: str, footer: str, *, unsubscribe_url: str) -> MailParts:
    """Text and HTML of a mail; raises MailRefused like ``compose_message``."""
    url = _web_address("unsubscribe_url", unsubscribe_url)
    body = _required("body", _text("body", body))
    footer = _required("footer", _text("footer", footer))
    if not re.search(re.escape(url) + r"(?!\S)", footer):
        raise MailRefused("footer", "holds no unsubscribe link")
    paragraphs = [*BLANK_LINES.split(body), *BLANK_LINES.split(footer)]
    fragment = format_html_join(
        "\n", '<p dir="auto">{}</p>', ((_html_lines(lines, url),) for lines in paragraphs)
    )
    page = format_html(HTML_PAGE, fragment)
    return MailParts(text=f"{body}\n\n{footer}\n", html=str(page), fragment=fragment)


def footer_text(
    *, sender_name: str, company: str, postal_address: str, unsubscribe_url: str
) -> str:
    """The footer of a mail: who writes, from where, and how to hear no more."""
    who = ", ".join(part for part in (sender_name.strip(), company.strip()) if part)
    lines = [who, *postal_address.splitlines()]
    block = "\n".join(line.strip() for line in lines if line.strip())
    return f"{block}\n\nDon't want to hear from us again? {UNSUBSCRIBE}{unsubscribe_url}"


def make_message_id(domain: str) -> str:
    """A new Message-ID, in angle brackets, at the domain of the sending address."""
    message_id = f"<{secrets.token_hex(16)}@{punycode(domain)}>"
    return _message_id("message_id", message_id)


def _headers(mail: OutgoingMail) -> dict[str, str]:
    if mail.sent_at.tzinfo is None:
        raise MailRefused("sent_at", "has no time zone")
    targets = [_web_address("unsubscribe_url", mail.unsubscribe_url)]
    if mail.unsubscribe_mailto:
        targets.append(_mailto("unsubscribe_mailto", mail.unsubscribe_mailto))
    headers = {
        "Message-ID": _message_id("message_id", mail.message_id),
        "Date": format_datetime(mail.sent_at),
        "List-Unsubscribe": ", ".join(f"<{target}>" for target in targets),
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    if mail.in_reply_to:
        headers["In-Reply-To"] = _message_id("in_reply_to", mail.in_reply_to)
    if mail.references:
        headers["References"] = " ".join(_message_id("references", r) for r in mail.references)
    return headers


def _needs_encoding(text: str) -> bool:
    """Whether plain text can't be folded into lines of 78 ASCII characters."""
    return not text.isascii() or max(map(len, text.split()), default=0) > LONGEST_PLAIN_WORD


def _html_lines(lines: str, url: str) -> SafeString:
    return format_html_join(LINE_BREAK, "{}", ((_linked(line, url),) for line in lines.split("\n")))


def _linked(line: str, url: str) -> SafeString:
    """The line as HTML, its unsubscribe address as a link."""
    before, found, after = line.partition(url)
    if not found:
        return format_html("{}", line)
    label = url
    if before.endswith(UNSUBSCRIBE):
        before = before.removesuffix(UNSUBSCRIBE)
        label = UNSUBSCRIBE.rstrip(": ")
    return format_html('{}<a href="{}">{}</a>{}', before, url, label, after)


def _quoted_printable() -> Charset:
    """7-bit on the wire, so that no relay must convert it and break its signature."""
    charset = Charset("utf-8")
    charset.body_encoding = QP
    return charset


# Fields: each check returns the clean value or raises MailRefused --------------------------------


def _required(field: str, value: str) -> str:
    if not value:
        raise MailRefused(field, "is missing")
    return value


def _line(field: str, value: str, limit: int) -> str:
    """One line for a header, its white space collapsed."""
    if UNSAFE_IN_LINE.search(value):
        raise MailRefused(field, "holds a line break or control character")
    if ENCODED_WORD.search(value):
        raise MailRefused(field, "holds what mail programs would decode into something else")
    value = " ".join(value.split())
    if len(value) > limit:
        raise MailRefused(field, f"is longer than {limit} characters")
    return value


def _text(field: str, value: str) -> str:
    """Lines of text, without blank ones around them."""
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    if UNSAFE_IN_TEXT.search(value):
        raise MailRefused(field, "holds a control character")
    if len(value) > TEXT_LENGTH:
        raise MailRefused(field, f"is longer than {TEXT_LENGTH} characters")
    return "\n".join(line.rstrip() for line in value.split("\n")).strip("\n")


def _mailbox(field: str, name: str, address: str) -> tuple[str, str]:
    name = _line(f"{field}_name", name, NAME_LENGTH)
    return name, _address(f"{field}_address", address)


def _mailbox_text(name: str, address: str) -> str:
    """``"Name" <address>``, not yet encoded: backends do that, each in its own way."""
    if not name:
        return address
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>'


def _address(field: str, value: str) -> str:
    try:
        if UNSAFE_IN_LINE.search(value) or '"' in value:
            raise MailRefused(field, "is not a mail address")
        is_address(value)
    except ValidationError as error:
        raise MailRefused(field, "is not a mail address") from error
    local, _, domain = value.rpartition("@")
    return f"{local}@{punycode(domain)}"


def _message_id(field: str, value: str) -> str:
    if len(value) > ID_LENGTH or not MESSAGE_ID.fullmatch(value):
        raise MailRefused(field, "is not a Message-ID")
    return value


def _web_address(field: str, value: str) -> str:
    if len(value) > URL_LENGTH or not WEB_ADDRESS.fullmatch(value) or "," in value:
        raise MailRefused(field, "is not a web address")
    return value


def _mailto(field: str, value: str) -> str:
    value = _line(field, value, URL_LENGTH)
    uri = quote(value.removeprefix("mailto:"), safe=URI_CHARACTERS)
    uri = f"mailto:{uri}"
    if re.search(r"[<>,\s]", value) or not MAIL_ADDRESS_URI.fullmatch(uri):
        raise MailRefused(field, "is not a mail address")
    return uri
