"""Small pictures as inline SVG: they carry classes only, so the stylesheet colours them."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

DISC = SafeString('<circle class="mark-shape" cx="10" cy="10" r="9"/>')
SQUARE = SafeString('<rect class="mark-shape" x="4" y="4" width="12" height="12" rx="2"/>')
HEXAGON = "M10 1.5 17.4 5.75v8.5L10 18.5 2.6 14.25v-8.5Z"


def initials(name: str) -> str:
    """At most two letters, of the first and the last word: ``Ana de la Cruz`` is ``AC``."""
    words = [word for word in name.split() if word[0].isalnum()]
    letters = [word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)]
    return "".join(letters).upper()


def actor_mark(name: str, *, kind: str, large: bool = False) -> SafeString:
    """A hexagon for an agent, a disc with initials for a person, a square for the system."""
    size = " mark-large" if large else ""
    letters = initials(name)
    if kind == "agent":
        shape = format_html('<path class="mark-shape" d="{}"/>', HEXAGON)
        letters = letters[:1]
    elif kind == "person":
        shape = DISC
    else:
        shape = SQUARE
        letters = ""
    return format_html(
        '<svg class="mark mark-{}{}" viewBox="0 0 20 20" aria-hidden="true">'
        '{}<text x="10" y="13.1">{}</text></svg>',
        kind,
        size,
        shape,
        letters,
    )


def level_steps(level: int, ceiling: int) -> SafeString:
    """Five rising steps: reached ones filled, those above the ceiling only dotted."""
    steps = format_html_join(
        "",
        '<rect class="step-{}" x="{}" y="{}" width="5" height="{}" rx="1"/>',
        (
            (
                "on" if step <= level else "off" if step <= ceiling else "closed",
                step * 7,
                12 - step * 2.5,
                4 + step * 2.5,
            )
            for step in range(5)
        ),
    )
    return format_html(
        '<svg class="level-steps" viewBox="0 0 33 16" aria-hidden="true">{}</svg>', steps
    )


def sparkline(
    values: Sequence[float], *, goal: float | None = None, width: int = 104, height: int = 24
) -> SafeString:
    """A line of at least two values with its last point, and the goal as a dashed line."""
    numbers = [float(value) for value in values]
    shown = [*numbers, goal] if goal is not None else numbers
    low, high = min(shown), max(shown)
    span = (high - low) or 1.0
    inset = 3

    def across(index: int) -> float:
        return inset + index * (width - 2 * inset) / (len(numbers) - 1)

    def up(value: float) -> float:
        return height - inset - (value - low) / span * (height - 2 * inset)

    points = " ".join(f"{across(i):.1f},{up(value):.1f}" for i, value in enumerate(numbers))
    goal_line = (
        format_html(
            '<line class="spark-goal" x1="0" x2="{}" y1="{}" y2="{}"/>',
            width,
            f"{up(goal):.1f}",
            f"{up(goal):.1f}",
        )
        if goal is not None
        else ""
    )
    return format_html(
        '<svg class="spark" viewBox="0 0 {} {}" aria-hidden="true">{}'
        '<polyline class="spark-line" points="{}"/>'
        '<circle class="spark-end" cx="{}" cy="{}" r="2"/></svg>',
        width,
        height,
        goal_line,
        points,
        f"{across(len(numbers) - 1):.1f}",
        f"{up(numbers[-1]):.1f}",
    )


def interval_bar(low: float, point: float, high: float) -> SafeString:
    """An interval with its point on the axis from 0 to 1."""
    return format_html(
        '<svg class="interval" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<line class="interval-axis" x1="0" x2="100" y1="5" y2="5"/>'
        '<line class="interval-range" x1="{}" x2="{}" y1="5" y2="5"/>'
        '<line class="interval-point" x1="{}" x2="{}" y1="1" y2="9"/></svg>',
        f"{low * 100:.1f}",
        f"{high * 100:.1f}",
        f"{point * 100:.1f}",
        f"{point * 100:.1f}",
    )
