"""Text from outside made fit to store on one line."""

from __future__ import annotations

import re
import unicodedata

# Control characters, and marks that are not seen but change what is seen (direction, zero width).
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u2069\ufeff\ufff9-\ufffb]"
)
_JOINERS = dict.fromkeys([0xAD, 0x200B, 0x2060, 0xFEFF])


def clean(text: str) -> str:
    """One line without unseen characters, single spaces, composed accents."""
    if not text:
        return text
    if text.isascii():
        if text.isprintable() and "  " not in text:
            return text.strip()
    else:
        text = unicodedata.normalize("NFC", text.translate(_JOINERS))
    if not text.isprintable():
        text = _UNSEEN.sub(" ", text)
    return " ".join(text.split())


def fold(text: str) -> str:
    """Lower case without accents: ``Café Weiß`` gives ``cafe weiss``."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(mark for mark in parts if not unicodedata.combining(mark))
