"""Seconds of several works, taken in turns so that a busy machine is equally unkind to each."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from django.db import connection

Name = TypeVar("Name", bound=Hashable)


@dataclass(slots=True)
class Times:
    """Seconds of one work, in the order taken."""

    seconds: list[float] = field(default_factory=list)

    @property
    def p50(self) -> float:
        return self.quantile(0.5)

    @property
    def p95(self) -> float:
        return self.quantile(0.95)

    def quantile(self, share: float) -> float:
        """The smallest time that this share of them does not exceed."""
        ordered = sorted(self.seconds)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def in_turns(
    works: Mapping[Name, Callable[[], object]],
    *,
    rounds: int,
    warm: int = 3,
    rarely: Mapping[Name, int] | None = None,
) -> dict[Name, Times]:
    """Times of each work by name; the order changes from round to round.

    ``warm`` rounds are not counted. ``rarely`` names works that are done in every n-th round only.
    """
    names = list(works)
    every = dict.fromkeys(names, 1) | dict(rarely or {})
    taken = {name: Times() for name in names}
    for number in range(-warm, rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            if number % every[name] and number != -warm:
                continue
            seconds = stopwatch(works[name])
            if number >= 0:
                taken[name].seconds.append(seconds)
    return taken


def stopwatch(work: Callable[[], object]) -> float:
    """Seconds by the clock on the wall."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def statements(work: Callable[[], object]) -> int:
    """How many SQL statements a work sends, without BEGIN and COMMIT."""
    count = 0

    def counting(execute: Callable[..., object], *arguments: object) -> object:
        nonlocal count
        count += 1
        return execute(*arguments)

    with connection.execute_wrapper(counting):
        work()
    return count
