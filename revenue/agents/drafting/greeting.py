"""Whom a mail greets, and whether that is its recipient."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from revenue.agents.drafting.faults import CopyContext, CopyFault, Where, fault
from revenue.agents.drafting.words import listed

_GREETING = re.compile(
    r"\s{0,20}(?:hi|hello|hey|hiya|dear|good (?:morning|afternoon|evening|day)|greetings|hallo|"
    r"guten tag|liebe[rs]?|bonjour)\b(?P<gap>[ \t]{0,4})(?P<name>[^,!:;\n]{0,80})",
    re.IGNORECASE,
)
_BARE_NAME = re.compile(
    r"\s{0,20}(?P<name>[A-ZÀ-Þ][\w'’-]{1,24}(?: [A-ZÀ-Þ][\w'’-]{1,24})?)[ \t]?[,!]"  # noqa: RUF001
    r"[ \t]{0,4}(?:\r?\n|$)"
)
_NOBODY = frozenset(listed("none null undefined nan n/a name firstname customer user test"))
_GENERAL = frozenset(
    listed(
        "there all everyone everybody team both folks friends neighbour neighbor again sir madam "
        "colleague colleagues crew owner manager"
    )
)
_TITLES = frozenset(listed("dr mr mrs ms miss prof herr frau doctor"))
_FILLERS = frozenset(listed("to the at and of a an dear my"))


def greeting_faults(body: str, context: CopyContext) -> Iterator[CopyFault]:
    """A greeting with nobody in it, with the word for nobody, or with somebody else's name."""
    found = _GREETING.match(body)
    if found is None:
        found = _BARE_NAME.match(body)
        if found is None:
            return
    name = found["name"].strip()
    start, end = found.start("name"), found.start("name") + len(found["name"].rstrip())
    after = body[found.end("name") : found.end("name") + 1]
    if not name:
        if found.groupdict().get("gap") and after in (",", "!", ":"):
            yield fault("text.empty_value", Where.BODY, found.start(), found.end(), "no name")
    elif _folded(name) in _NOBODY:
        yield fault("text.empty_value", Where.BODY, start, end, name)
    elif not _is_recipient(name, context):
        known = " ".join(filter(None, (context.first_name, context.last_name)))
        whom = f"{name[:40]}, the recipient is {known or 'not known by name'}"
        yield fault("name.wrong", Where.BODY, start, end, whom)


def _is_recipient(name: str, context: CopyContext) -> bool:
    words = re.findall(r"[\w'&-]+", _folded(name))
    account = set(re.findall(r"[\w'&-]+", _folded(context.account_name)))
    people = set(re.findall(r"[\w'-]+", _folded(f"{context.first_name} {context.last_name}")))
    said = [word for word in words if word not in _GENERAL | _FILLERS | _TITLES]
    if not said:
        return True
    if set(said) <= people:
        return True
    return bool(account) and set(said) <= account | people


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("’", "'"))  # noqa: RUF001
    kept = (sign for sign in plain if unicodedata.category(sign) not in ("Mn", "Cf"))
    return "".join(kept).casefold().strip(" .")
