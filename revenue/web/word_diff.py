"""Two sentences word by word, for ``components/diff.html``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

LONGEST = 20_000
_WORDS = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch that is the ``same``, was ``added`` or was ``removed``."""

    op: str
    text: str


def word_diff(before: str, after: str) -> tuple[Part, ...]:
    """The same and removed parts make up ``before``, the same and added ones ``after``."""
    if max(len(before), len(after)) > LONGEST:
        return tuple(part for part in (Part("removed", before), Part("added", after)) if part.text)
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    parts: list[Part] = []
    for op, i, j, m, n in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if op == "equal":
            parts.append(Part("same", "".join(old[i:j])))
            continue
        gone, came = "".join(old[i:j]), "".join(new[m:n])
        parts += [Part("removed", gone)] if gone else []
        parts += [Part("added", came)] if came else []
    return tuple(parts)
