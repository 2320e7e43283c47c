"""The demo's mailbox: what its mail server (``local_smtp``) kept, one file per mail.

A file's name is its key: the time, a digest of the Message-ID, and chance. Reading is safe for
any content: broken headers, unknown character sets, nesting without end.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import compat32, default
from pathlib import Path
from typing import Any

LONGEST_HEADER = 500
LONGEST_TEXT = 200_000
HEADER_BYTES = 65_536
MOST_PARTS = 100

KEY = re.compile(r"[0-9]{19}-[0-9a-f]{16}-[0-9a-f]{8}", re.ASCII)
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class NoSuchMail(LookupError):
    """The mailbox holds no mail by this key."""


@dataclass(frozen=True, slots=True)
class MailSummary:
    """A line of the mailbox's list; every text is one printable line."""

    key: str
    received_at: datetime
    message_id: str
    from_: str
    to: str
    subject: str


@dataclass(frozen=True, slots=True)
class KeptMail:
    """A mail as it arrived; ``html`` is as hostile as whoever sent it."""

    key: str
    received_at: datetime
    message_id: str
    from_: str
    to: str
    subject: str
    text: str
    html: str
    headers: tuple[tuple[str, str], ...]


def list_messages(folder: Path, *, limit: int, before: str = "") -> list[MailSummary]:
    """The latest mails, newest first; the key of the last one is ``before`` of the next page."""
    keys = sorted(keys_in(folder), reverse=True)
    older = [key for key in keys if not before or key < before]
    found: list[MailSummary] = []
    for key in older[:limit]:
        try:
            with path_of(folder, key).open("rb") as file:
                found.append(_summary(key, file.read(HEADER_BYTES)))
        except FileNotFoundError:
            continue  # deleted meanwhile, to make room
    return found


def read_message(folder: Path, key: str) -> KeptMail:
    """One mail; raises NoSuchMail, also for a key that is none."""
    if not KEY.fullmatch(key):
        raise NoSuchMail(NoSuchMail.__doc__)
    try:
        content = path_of(folder, key).read_bytes()
    except FileNotFoundError:
        raise NoSuchMail(NoSuchMail.__doc__) from None
    head = _summary(key, content)
    text, html = _bodies(content)
    return KeptMail(
        key=key,
        received_at=head.received_at,
        message_id=head.message_id,
        from_=head.from_,
        to=head.to,
        subject=head.subject,
        text=text,
        html=html,
        headers=_headers(content),
    )


def find_by_message_id(folder: Path, message_id: str) -> list[str]:
    """The keys of the mails with this Message-ID, oldest first; more than one was sent twice."""
    mark = f"-{_mark(message_id)}-"
    return sorted(key for key in keys_in(folder) if mark in key)


def keys_in(folder: Path) -> list[str]:
    """The keys of all mails that are kept whole, in no order."""
    try:
        names = os.listdir(folder)  # noqa: PTH208  twice as fast for many files
    except FileNotFoundError:
        return []
    stems = (name.removesuffix(".eml") for name in names if name.endswith(".eml"))
    return [stem for stem in stems if KEY.fullmatch(stem)]


def path_of(folder: Path, key: str) -> Path:
    """The file of a mail."""
    return folder / f"{key}.eml"


def new_key(content: bytes) -> str:
    """A key for a mail that has just arrived."""
    message = message_from_bytes(_head(content), policy=default)
    mark = _mark(_header(message, "Message-ID"))
    return f"{time.time_ns():019d}-{mark}-{secrets.token_hex(4)}"


def _mark(message_id: str) -> str:
    return hashlib.sha256(message_id.strip().strip("<>").encode("utf-8", "replace")).hexdigest()[
        :16
    ]


def _head(content: bytes) -> bytes:
    return content[:HEADER_BYTES].partition(b"\r\n\r\n")[0]


def _summary(key: str, content: bytes) -> MailSummary:
    message = message_from_bytes(_head(content), policy=default)
    return MailSummary(
        key=key,
        received_at=datetime.fromtimestamp(int(key.partition("-")[0]) / 1e9, UTC),
        message_id=_header(message, "Message-ID"),
        from_=_header(message, "From"),
        to=_header(message, "To"),
        subject=_header(message, "Subject"),
    )


def _headers(content: bytes) -> tuple[tuple[str, str], ...]:
    head = _head(content)
    raw = message_from_bytes(head, policy=compat32)
    message = message_from_bytes(head, policy=default)
    names = list(dict.fromkeys(str(name) for name in raw))
    return tuple((one_line(name), value) for name in names for value in _values(message, raw, name))


def _header(message: Message[Any, Any], name: str) -> str:
    return next(iter(_values(message, message, name)), "")


def _values(message: Message[Any, Any], raw: Message[Any, Any], name: str) -> list[str]:
    """Every value of a header, decoded if that is possible."""
    try:
        return [one_line(str(value)) for value in message.get_all(name, [])]
    except Exception:  # the standard parser fails in many ways on hostile headers
        lowered = name.lower()
        return [one_line(str(v)) for k, v in raw.raw_items() if str(k).lower() == lowered]


def _bodies(content: bytes) -> tuple[str, str]:
    """The first text and the first HTML part that are not attachments."""
    found = {"text/plain": "", "text/html": ""}
    if content.lower().count(b"multipart/") > MOST_PARTS:  # parsing takes seconds, then fails
        return _shown(content.decode("utf-8", "replace")), ""
    try:
        message = message_from_bytes(content, policy=default)
        for number, part in enumerate(message.walk()):
            kind = part.get_content_type()
            if number >= MOST_PARTS or all(found.values()):
                break
            if kind in found and not found[kind] and part.get_content_disposition() != "attachment":
                found[kind] = _content(part)
    except Exception:  # the standard parser fails in many ways on hostile parts
        found["text/plain"] = content.decode("utf-8", "replace")
    return _shown(found["text/plain"]), _shown(found["text/html"])


def _shown(text: str) -> str:
    return printable(text)[:LONGEST_TEXT]


def _content(part: Message[Any, Any]) -> str:
    """The text of a part; an unknown or wrong character set is read as UTF-8."""
    try:
        if isinstance(part, EmailMessage):
            return str(part.get_content())
    except (LookupError, UnicodeError, ValueError):
        pass
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def printable(text: str) -> str:
    """Text with its line ends made one and control characters replaced."""
    return UNPRINTABLE.sub("\ufffd", text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """A header's text, shortened, without line breaks."""
    return " ".join(printable(text).split())[:LONGEST_HEADER]
