"""Which account each new record of a batch goes to: pure.

A record is compared with the records that are stored and with the earlier ones of its own batch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from revenue.pipeline.addresses import cells_around
from revenue.pipeline.matching import MatchDecision, Verdict, decide
from revenue.pipeline.names import telling_words
from revenue.pipeline.normalising import MatchKeys

STEM = 4


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that may be the same business, and the account it belongs to; ``record`` is the id
    of one that was stored before the batch.
    """

    account: int
    source: str
    keys: MatchKeys
    record: int | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """An account that a record may belong to, but was not put to."""

    account: int
    decision: MatchDecision


@dataclass(frozen=True, slots=True)
class Assignment:
    """``decision`` says why a known account was taken; None for a new one."""

    account: int
    decision: MatchDecision | None
    doubts: tuple[Doubt, ...]


def assign(
    records: Sequence[MatchKeys],
    candidates: Sequence[Sequence[Candidate]],
    *,
    source: str,
    new_account: Callable[[], int],
    earlier: Batch | None = None,
) -> list[Assignment]:
    """Assign the records of one source in order; ``candidates`` holds each one's stored rivals,
    ``earlier`` those of its batch that have their accounts already.
    """
    earlier = earlier or Batch()
    assigned = []
    for keys, stored in zip(records, candidates, strict=True):
        rivals = [*stored, *earlier.near(keys)]
        assignment = choose(keys, rivals, source=source, new_account=new_account)
        earlier.add(keys, Candidate(assignment.account, source, keys))
        assigned.append(assignment)
    return assigned


def choose(
    keys: MatchKeys,
    rivals: Sequence[Candidate],
    *,
    source: str,
    new_account: Callable[[], int],
) -> Assignment:
    """The account with the surest match; each other one that matches or might is a doubt."""
    found = by_account(alike(keys, rivals, source=source))
    if found and found[0].decision.verdict is Verdict.SAME:
        best, *others = found
        return Assignment(best.account, best.decision, tuple(others))
    return Assignment(new_account(), None, tuple(found))


def alike(
    keys: MatchKeys, rivals: Sequence[Candidate], *, source: str
) -> list[tuple[Candidate, MatchDecision]]:
    """The rivals that are or may be the same business as a record of a source."""
    decided = (
        (rival, decide(keys, rival.keys, one_source=rival.source == source)) for rival in rivals
    )
    return [item for item in decided if item[1].verdict is not Verdict.DIFFERENT]


def by_account(rivals: Sequence[tuple[Candidate, MatchDecision]]) -> list[Doubt]:
    """Each account with its best decision, the surest first and of equals the oldest."""
    best: dict[int, MatchDecision] = {}
    for rival, decision in rivals:
        known = best.get(rival.account)
        if known is None or _rank(decision) > _rank(known):
            best[rival.account] = decision
    ordered = sorted(best.items(), key=lambda item: (_rank(item[1]), -abs(item[0])), reverse=True)
    return [Doubt(account, decision) for account, decision in ordered]


@lru_cache(maxsize=8192)
def block_words(name: str) -> tuple[frozenset[str], str]:
    """What narrows a comparison by place: the telling words of a name key (all, if none tells),
    and how it begins when written together.
    """
    return telling_words(name) or frozenset(name.split()), name.replace(" ", "")[:STEM]


def _rank(decision: MatchDecision) -> tuple[bool, float]:
    return decision.verdict is Verdict.SAME, decision.score


class Batch:
    """The records of a batch that have an account, by what they may share with the next."""

    def __init__(self) -> None:
        self.candidates: list[Candidate] = []
        self.by_key: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        self.by_cell: defaultdict[int, defaultdict[str, list[int]]] = defaultdict(
            lambda: defaultdict(list)
        )

    def add(self, keys: MatchKeys, candidate: Candidate) -> None:
        number = len(self.candidates)
        self.candidates.append(candidate)
        for key in self._exact(keys):
            self.by_key[key].append(number)
        if keys.cell is not None:
            words, stem = block_words(keys.name)
            for word in (*words, f"{stem}*"):
                self.by_cell[keys.cell][word].append(number)

    def move(self, number: int, account: int) -> None:
        """Put the record that was added as this one, counted from 0, to another account."""
        self.candidates[number] = replace(self.candidates[number], account=account)

    def near(self, keys: MatchKeys) -> list[Candidate]:
        found: set[int] = set()
        for key in self._exact(keys):
            found.update(self.by_key.get(key, ()))
        if keys.latitude is not None and keys.longitude is not None:
            words, stem = block_words(keys.name)
            for cell in cells_around(keys.latitude, keys.longitude):
                if by_word := self.by_cell.get(cell):
                    for word in (*words, f"{stem}*"):
                        found.update(by_word.get(word, ()))
        return [self.candidates[number] for number in sorted(found)]

    @staticmethod
    def _exact(keys: MatchKeys) -> list[tuple[str, str]]:
        pairs = (("phone", keys.phone), ("street", keys.street), ("door", keys.door))
        return [pair for pair in pairs if pair[1]]
