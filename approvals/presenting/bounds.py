"""The bound of a certificate drawn against the bars that it has to clear."""

from __future__ import annotations

from collections.abc import Mapping
from math import log10

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT = 240, 30
LEAST = 0.001
"""The left end of the axis; it is logarithmic, since what counts lies between 0.1 % and 10 %."""
DECADES = 3


def across(share: float) -> float:
    return log10(max(share, LEAST) / LEAST) / DECADES * WIDTH


def bound_bar(bound: float, bars: Mapping[int, float]) -> SafeString:
    """From nothing to the bound, with a tick for each level's bar."""
    strictest = min(bars.values(), default=0)
    ticks = format_html_join(
        "",
        '<line class="bound-tick" x1="{0}" x2="{0}" y1="0" y2="14"/>'
        '<text class="bound-word" x="{0}" y="26" text-anchor="{3}">level {1}: {2} %</text>',
        (
            (
                f"{across(bar):.1f}",
                level,
                f"{bar * 100:.2g}",
                "end" if bar == strictest else "start",
            )
            for level, bar in bars.items()
        ),
    )
    cleared = max((level for level, bar in bars.items() if bound <= bar), default=0)
    return format_html(
        '<svg class="bound" viewBox="0 0 {} {}" aria-hidden="true">'
        '<rect class="bound-axis" x="0" y="4" width="{}" height="6" rx="3"/>'
        '<rect class="bound-fill{}" x="0" y="4" width="{}" height="6" rx="3"/>{}</svg>',
        WIDTH,
        HEIGHT,
        WIDTH,
        " bound-cleared" if cleared else "",
        f"{across(bound):.1f}",
        ticks,
    )
