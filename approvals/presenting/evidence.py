"""What a grant rests on, in words: for whoever decides it, and for whoever asks later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from revenue.web.ledger_words import data_lines


def kept_words(evidence: Mapping[str, Any]) -> tuple[str, ...]:
    """What was known when it was granted, in sentences."""
    said = []
    if why := evidence.get("why"):
        said.append(str(why))
    if kept := evidence.get("certificate"):
        counted = kept["clean"] + kept["faults"]
        said.append(
            f"Then {kept['clean']:,} of {counted:,} audited mails were clean, so at most "
            f"{percent(kept['bound'])} at fault."
            if counted
            else "Nothing had been audited yet: it rests on the word of those who granted it."
        )
    if bar := evidence.get("bar"):
        said.append(f"It cleared the bar of {percent(bar)}, and ends when it does so no more.")
    return tuple(said)


def evidence_lines(evidence: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and values of the evidence of a proposed grant, but for the figures of the audits."""
    rest = {name: value for name, value in evidence.items() if name not in ("certificate", "bar")}
    lines = []
    if found := evidence.get("certificate"):
        bound = percent(found["bound"])
        lines.append(("at fault", f"at most {bound} (95 %, watched continuously)"))
    if bar := evidence.get("bar"):
        lines.append(("bar of this level", f"{percent(bar)}, cleared"))
    return lines + data_lines(rest)


def percent(share: float) -> str:
    """``4.9 %``, ``0.97 %``, ``100 %``: two digits that count."""
    shown = share * 100
    return f"{shown:.0f} %" if shown >= 10 else f"{shown:.2g} %"
