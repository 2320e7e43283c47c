"""What every page may show: thrown switches, and names for the marks of agents and people.

Each is read when a template asks for it, once.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from revenue.agents.switchboard import ThrownSwitch, thrown_switches
from revenue.models import Seat, User

Name = str | tuple[str, str]


def kill_switches(request: HttpRequest) -> dict[str, object]:
    """``kill_switches``: the thrown ones, for whoever is logged in; one query."""
    return {"kill_switches": SimpleLazyObject(lambda: _switches_for(request.user))}


def actor_names(request: HttpRequest) -> dict[str, object]:
    """``actor_names``: names by actor, such as ``seat:sender``; two queries."""
    return {"actor_names": SimpleLazyObject(names_of_actors)}


def names_of_actors() -> dict[str, Name]:
    """Everybody's and every seat's name; with ``person`` where a person holds the seat."""
    names: dict[str, Name] = {
        f"person:{person.pk}": person.display_name
        for person in User.objects.only("username", "first_name", "last_name")
    }
    for seat in Seat.objects.select_related("person"):
        held = (seat.owner_name if seat.person else seat.title, "person")
        names[f"seat:{seat.pk}"] = seat.agent_name if seat.is_agent else held
    return names


def _switches_for(user: Any) -> list[ThrownSwitch]:
    return thrown_switches() if user.is_authenticated else []
