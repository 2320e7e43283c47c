"""Everything that is wrong with the copy of a mail, whoever wrote it.

Codes, severities and reasons are in ``faults.FAULTS``. The checks read English phrases; reply
marks are known in many languages. They find what they know, so silence is no praise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from revenue.agents.drafting.calls import find_calls
from revenue.agents.drafting.faults import CopyContext, CopyFault, Severity, Where, fault
from revenue.agents.drafting.greeting import greeting_faults
from revenue.agents.drafting.style import style_faults
from revenue.agents.drafting.subjects import subject_faults
from revenue.agents.drafting.text import MAX_TEXT
from revenue.agents.drafting.words import listed

MAX_WORDS = 130
_MAX_FINDINGS = 200

_INVISIBLE = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff9-\ufffd\ue000-\uf8ff"
)
_CONTROL = re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{_INVISIBLE}]|\r(?!\n)")
_LINE_BREAK = re.compile(r"[\r\n\t]")
_PLACEHOLDER = re.compile(
    r"\{\{[^{}\n]{0,60}\}\}|\{%[^%\n]{0,60}%\}|\$?\{[\w .|-]{1,40}\}"
    r"|\[\[?[A-Za-z][^\[\]\n]{0,40}\](?!\()|%[A-Z][A-Z_]{2,30}%|\*\|[A-Z_:]{2,30}\|\*"
    r"|(?<!_)_{3,60}|\bX{3,10}\b|\b(?:TBD|TODO|FIXME)\b|\b[Ll]orem ipsum\b"
    r"|\b(?:INSERT|Insert|insert) (?:NAME|name|HERE|here|your)\b|\b(?:undefined|NaN)\b"
)
_TAG = re.compile(r"<(/?[A-Za-z][\w .:-]{0,40})(?:[^<>\n]{0,200})?>")
_HTML = frozenset(
    listed(
        "a abbr b body br button center div em font form h1 h2 h3 h4 h5 h6 head hr html i iframe "
        "img "
        "input li link meta ol p pre script span strong style sub sup svg table tbody td th tr u ul"
    )
)
_LINK = re.compile(
    r"\b(?:https?|ftp)://[^\s<>]{1,300}|\bwww\.[\w-]{1,60}\.\w{2,10}|\bmailto:\S{1,100}"
    r"|(?<![\w@.-])(?:[a-z0-9-]{1,60}\.){1,3}"
    r"(?:com|ca|de|org|net|io|co|biz|info|fit|health|app|ly)\b(?:/[^\s<>]{0,200})?"
    r"|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,60}\.[\w.-]{2,20}",
    re.IGNORECASE,
)
_WAY_OUT = re.compile(
    r"unsubscrib|opt[ -]?out|stop (?:getting|receiving|these|hearing)|no longer (?:want|wish)|"
    r"abmelden|abbestellen|désabonner|remove me",
    re.IGNORECASE,
)
_BULLETS = frozenset("-*•")


def check_copy(
    *, subject: str, body: str, footer: str, context: CopyContext
) -> tuple[CopyFault, ...]:
    """All findings, subject first, then body, then footer, each in the order of the text.

    Reads the first ``text.MAX_TEXT`` characters of each part, in time linear in them, and reports
    at most 200 findings.
    """
    parts = ((Where.SUBJECT, subject), (Where.BODY, body), (Where.FOOTER, footer))
    found: list[CopyFault] = []
    found += subject_faults(subject, context)
    for where, text in parts:
        read = text[:MAX_TEXT]
        found += _characters(read, where)
        found += _leftovers(read, where)
        if where is not Where.FOOTER:
            found += style_faults(_without_name(read, context), where, context)
    found += _body_faults(body, context)
    found += greeting_faults(body[:MAX_TEXT], context)
    found += _footer_faults(footer[:MAX_TEXT], context)
    order = {where: place for place, (where, _) in enumerate(parts)}
    found.sort(key=lambda item: (order[item.where], item.start, item.end, item.code))
    return tuple(found[:_MAX_FINDINGS])


def worst(faults: tuple[CopyFault, ...]) -> Severity | None:
    """The gravest severity among the findings, ``None`` where there is none."""
    found = {item.severity for item in faults}
    return next((severity for severity in Severity if severity in found), None)


def word_count(body: str) -> int:
    """Words as a reader counts them: bullets are none."""
    return sum(word not in _BULLETS for word in body.split())


def _characters(text: str, where: Where) -> Iterator[CopyFault]:
    found = _CONTROL.search(text)
    if found is None and where is Where.SUBJECT:
        found = _LINE_BREAK.search(text)
    if found:
        name = f"U+{ord(found[0][0]):04X}"
        yield fault("text.control", where, found.start(), found.end(), name)


def _leftovers(text: str, where: Where) -> Iterator[CopyFault]:
    for found in _PLACEHOLDER.finditer(text):
        yield fault("text.placeholder", where, found.start(), found.end(), found[0])
    for found in _TAG.finditer(text):
        name = found[1].strip("/").split()[0].split(":")[0].lower()
        code = "text.markup" if name in _HTML else "text.placeholder"
        if not (where is Where.FOOTER and "://" in found[0]):
            yield fault(code, where, found.start(), found.end(), found[0][:60])


def _without_name(text: str, context: CopyContext) -> str:
    """The text with the account's name struck out: a name may say what it likes."""
    name = context.account_name
    return text.replace(name, "·" * len(name)) if name else text


def _body_faults(body: str, context: CopyContext) -> Iterator[CopyFault]:
    if not body.strip():
        yield fault("body.missing", Where.BODY, 0, len(body))
        return
    if len(body) > MAX_TEXT:
        detail = f"{len(body):,} characters"
        yield fault("body.too_large", Where.BODY, MAX_TEXT, len(body), detail)
    read = body[:MAX_TEXT]
    words = word_count(read)
    if words > MAX_WORDS:
        detail = f"{words} words, {MAX_WORDS} at most"
        yield fault("body.too_long", Where.BODY, 0, len(read), detail)
    if context.first_touch:
        for found in _LINK.finditer(_without_name(read, context)):
            yield fault("link.first_touch", Where.BODY, found.start(), found.end(), found[0][:60])
    yield from _calls(read, context)


def _calls(body: str, context: CopyContext) -> Iterator[CopyFault]:
    calls = find_calls(body)
    if not calls:
        yield fault("cta.missing", Where.BODY, len(body.rstrip()), len(body.rstrip()))
        return
    words = {call.word for call in calls if call.word}
    others = {call.text.lower() for call in calls if not call.word}
    if len(words) + len(others) > 1:
        extra = calls[1]
        asked = ", ".join(dict.fromkeys(call.text for call in calls))
        yield fault("cta.several", Where.BODY, extra.start, extra.end, asked[:120])
    for call in calls:
        if call.word and context.reply_word and call.word != context.reply_word:
            detail = f"{call.word} in place of {context.reply_word}"
            yield fault("cta.other_word", Where.BODY, call.start, call.end, detail)


def _footer_faults(footer: str, context: CopyContext) -> Iterator[CopyFault]:
    if not footer.strip():
        yield fault("footer.missing", Where.FOOTER, 0, len(footer))
        return
    address = _letters(context.postal_address)
    if not address or address not in _letters(footer):
        yield fault("footer.no_address", Where.FOOTER, 0, len(footer))
    if not _WAY_OUT.search(footer):
        yield fault("footer.no_way_out", Where.FOOTER, 0, len(footer))


def _letters(text: str) -> str:
    """Letters and digits alone, so that an address is found however it is laid out."""
    return "".join(sign for sign in text.casefold() if sign.isalnum())
