"""Checks of the subject line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from revenue.agents.drafting.faults import CopyContext, CopyFault, Where, fault
from revenue.agents.drafting.phrases import marks, phrases
from revenue.agents.drafting.words import listed

LONGEST_SUBJECT = 60
_MAX_READ = 500

#: Marks of replies and forwards in the mail programs of many languages.
_PREFIXES = listed(
    "re ref rif res sv vs aw antw odp ynt atb bls vl r fw fwd wg tr vb rv enc i doorst pd ilt trs "
    "回复 回覆 答复 答覆 转发 轉寄 轉發"
)
_REPLY = re.compile(
    rf"^[\W_]{{0,20}}(?:\[[^\]]{{0,20}}\]\s?)?[\W_]{{0,20}}(?:{'|'.join(_PREFIXES)})"
    r"\s{0,3}(?:[\[(^]?\d{1,3}[\])]?)?\s{0,3}[)\]]?\s{0,3}:"
)
_BARE = re.compile(r"^[\W_]{0,20}(?:re|fwd?|aw|wg)(?:\s|$|[>|~])")
_COLONS = dict.fromkeys("꞉ː˸∶։׃܃︰﹕：", ":")  # noqa: RUF001
_LOOKALIKES = str.maketrans(
    _COLONS
    | dict(zip("аеорсԁԝѕѵітгꮢʀᖇꓣƦϜꓝеҽєεɛ", "aeopcdwsvitrrrrrffeeeee", strict=False))
    | dict(zip("АЕОРСТԜЅѴІΑΕΤΙΡꓰᎡᏒᎢ", "aeopctwsviaetipertt", strict=False))  # noqa: RUF001
)


def subject_faults(subject: str, context: CopyContext) -> Iterator[CopyFault]:
    if not subject.strip():
        yield fault("subject.missing", Where.SUBJECT, 0, len(subject))
        return
    if len(subject) > LONGEST_SUBJECT:
        detail = f"{len(subject)} characters, {LONGEST_SUBJECT} at most"
        yield fault("subject.too_long", Where.SUBJECT, LONGEST_SUBJECT, len(subject), detail)
    if context.in_thread:
        return
    skeleton = _skeleton(subject[:_MAX_READ])
    if _REPLY.search(skeleton):
        yield fault("subject.faked_reply", Where.SUBJECT, 0, len(subject), subject[:20].strip())
    elif _BARE.search(skeleton):
        yield fault("subject.looks_like_reply", Where.SUBJECT, 0, len(subject))
    if context.first_touch:
        found = phrases(marks("misleading")).found_in(subject[:_MAX_READ], subject.lower())
        for phrase, start, end in found:
            yield fault("subject.misleading", Where.SUBJECT, start, end, phrase)


def _skeleton(subject: str) -> str:
    """The subject as an eye takes it in: lookalikes, accents and invisible signs made plain."""
    plain = unicodedata.normalize("NFKD", subject).translate(_LOOKALIKES)
    kept = (
        sign for sign in plain if unicodedata.category(sign) not in ("Mn", "Me", "Cf", "Cc", "Co")
    )
    return "".join(kept).casefold()
