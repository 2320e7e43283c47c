"""The chart of seats: who owns each stage, and which level each action has there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from revenue.agents.authority import standing
from revenue.agents.segments import EVERYTHING
from revenue.agents.switchboard import ThrownSwitch
from revenue.models import Authority, Level, Seat, Side, Stage, SwitchScope

COMMITMENT_STAGES = frozenset({Stage.CLOSE, Stage.AFTER_CLOSE})
COUNT_LIMIT = 1000
"""A larger number changes nothing for the reader and costs a scan."""
Stopped = set[tuple[str, str]]
"""Scope and target of each thrown switch."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """``number`` things, with words for them and the address that shows them, if any."""

    label: str
    number: int
    url: str

    @property
    def figure(self) -> str:
        """The number; counters stop beyond ``COUNT_LIMIT``."""
        return f"{self.number:,}" if self.number <= COUNT_LIMIT else f"over {COUNT_LIMIT:,}"


@dataclass(frozen=True, slots=True)
class Power:
    """An action that a seat has, and how far it may go alone; ``granted_by`` is an actor.

    ``segment`` is the part of the mail that it is for, in words; empty for all of it.
    """

    action: str
    label: str
    segment: str
    level: int
    ceiling: int
    level_words: str
    granted_at: datetime
    granted_by: str
    stopped: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A seat as it stands in one stage; ``at_home`` in its own, where what waits is shown."""

    seat: str
    title: str
    owner: str
    is_agent: bool
    person_id: int | None
    at_home: bool
    stopped: bool
    powers: tuple[Power, ...]
    waiting: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A stage with the seats that act in it; ``number`` is 0 after the close."""

    stage: str
    label: str
    number: int
    side: str
    cards: tuple[Card, ...]


def chart(
    switches: Sequence[ThrownSwitch], waiting: Mapping[str, Sequence[Waiting]]
) -> list[Column]:
    """All stages in order, each seat where it is at home or may act; two statements.

    ``waiting`` is by the slug of the seat.
    """
    stopped = {(switch.scope, switch.target) for switch in switches}
    seats = list(Seat.objects.select_related("person").order_by("position", "slug"))
    powers: dict[tuple[str, str], list[Power]] = defaultdict(list)
    for authority in _in_order():
        powers[authority.seat_id, authority.action.stage].append(_power(authority, stopped))
    return [
        Column(
            stage=stage.value,
            label=str(stage.label),
            number=0 if stage is Stage.AFTER_CLOSE else number,
            side=str((Side.COMMITMENT if stage in COMMITMENT_STAGES else Side.DISCOVERY).label),
            cards=tuple(
                _card(seat, stage, powers[seat.pk, stage], stopped, waiting.get(seat.pk, ()))
                for seat in seats
                if seat.stage == stage or powers[seat.pk, stage]
            ),
        )
        for number, stage in enumerate(Stage, start=1)
    ]


def _in_order() -> list[Authority]:
    """What stands, each action with all of the mail first and the parts of it after."""
    found = list(standing().select_related("action", "segment").order_by("id"))
    places: dict[str, int] = {}
    for authority in found:
        places.setdefault(authority.action_id, len(places))
    return sorted(found, key=lambda one: (places[one.action_id], one.segment.position))


def _power(authority: Authority, stopped: Stopped) -> Power:
    return Power(
        action=authority.action_id,
        label=authority.action.label,
        segment="" if authority.segment_id == EVERYTHING else authority.segment.label,
        level=authority.level,
        ceiling=authority.ceiling,
        level_words=str(Level(authority.level).label),
        granted_at=authority.granted_at,
        granted_by=authority.granted_by,
        stopped=(SwitchScope.ACTION, authority.action_id) in stopped,
    )


def _card(
    seat: Seat,
    stage: Stage,
    powers: Sequence[Power],
    stopped: Stopped,
    waiting: Sequence[Waiting],
) -> Card:
    at_home = seat.stage == stage
    return Card(
        seat=seat.pk,
        title=seat.title,
        owner=seat.owner_name,
        is_agent=seat.is_agent,
        person_id=seat.person_id,
        at_home=at_home,
        stopped=(SwitchScope.SEAT, seat.pk) in stopped,
        powers=tuple(powers),
        waiting=tuple(waiting) if at_home else (),
    )
