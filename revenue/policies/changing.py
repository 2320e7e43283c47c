"""What would have changed a verdict: the fewest facts that would have to be different.

Comparisons on one fact move together (no country is both CA and US), so the search changes facts,
not single comparisons: each to one representative of every way in which the comparisons on it can
come out. It asks at each step which rule stands in the way, and tries only that rule's facts:
without a change to one of them the rule would stay as it is, so nothing smaller is missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from revenue.policies.boundaries import representatives
from revenue.policies.catalogue import CATALOGUE
from revenue.policies.comparing import compile_leaf
from revenue.policies.conditions import Leaf
from revenue.policies.evaluation import CompiledPolicy, Outcome, Program
from revenue.policies.kleene import Truth
from revenue.policies.vocabulary import Effect

MAX_FACTS = 4
MAX_TRIES = 20_000
"""States looked at before giving up: about a fifth of a second."""


@dataclass(frozen=True, slots=True)
class Flip:
    """A comparison that would have come out as ``to``; ``seen`` is the value it had."""

    leaf: Leaf
    was: Truth
    to: bool
    seen: object


@dataclass(frozen=True, slots=True)
class Change:
    """The smallest change found, and the verdict that it leads to.

    ``flips`` are the comparisons that make the difference; ``values`` gives for each changed fact
    one value that would do.
    """

    effect: Effect
    flips: tuple[Flip, ...]
    values: dict[str, object]


def what_would_change(
    policy: CompiledPolicy, outcome: Outcome, *, towards: Effect | None = None
) -> Change | None:
    """The fewest facts that lead to another verdict; ``towards`` asks for one in particular.

    Among equally few facts it prefers to find out what is not known, then to change what can be
    changed, then to flip fewer comparisons, then earlier rules. None when no change of up to
    four facts does it, or none was found within the bound. Raises ``ValueError`` when the verdict
    is the wanted one already.
    """
    if towards is outcome.decision.effect:
        raise ValueError("The verdict is that already.")
    targets = frozenset({towards} if towards else set(Effect) - {outcome.decision.effect})
    search = _Search(policy.program(timing=outcome.timing), outcome, targets)
    for size in range(1, MAX_FACTS + 1):
        if found := search.smallest(size):
            return found
    return None


_Vector = tuple[tuple[int, bool], ...]


class _Search:
    """A depth-first search with a growing bound, over states of the comparisons."""

    def __init__(self, program: Program, outcome: Outcome, targets: frozenset[Effect]) -> None:
        self.program = program
        self.targets = targets
        self.start = outcome.trace.leaves
        self.seen = dict(zip(program.facts, outcome.trace.values, strict=True))
        self.state = list(self.start)
        self.options = {name: tuple(self._options(name)) for name in program.facts}
        self.tries = 0
        self.best: tuple[tuple[int, int], Change] | None = None
        self.visited: set[tuple[Truth, ...]] = set()

    def _options(self, name: str) -> Iterator[tuple[object, _Vector]]:
        """For each sort of value but the present one: a value and what it makes of the leaves."""
        relevant = self._deciding_leaves()
        mine = [(i, leaf) for leaf, i in self.program.leaf_index.items() if leaf.fact == name]
        mine = [(i, leaf) for i, leaf in mine if i in relevant]
        tests = [(i, compile_leaf(leaf)) for i, leaf in mine]
        for value in representatives(CATALOGUE[name], [leaf for _, leaf in mine]):
            get = {name: value}.get
            vector = tuple((i, test(get) is True) for i, test in tests)
            if any(self.start[i] is not truth for i, truth in vector):
                yield value, vector

    def _deciding_leaves(self) -> frozenset[int]:
        program = self.program
        return frozenset[int]().union(
            *(program.leaves_of_rule[i] for i in (*program.stopping, *program.allowing))
        )

    def smallest(self, size: int) -> Change | None:
        self.best = None
        self.visited.clear()
        self._descend(size, {})
        return self.best[1] if self.best else None

    def _descend(self, left: int, changed: dict[str, object]) -> None:
        self.tries += 1
        if self.tries > MAX_TRIES:
            return
        rules = self.program.rule_outcomes(self.state)
        effect = self.program.verdict(rules).effect
        if effect in self.targets:
            self._keep(effect, changed)
            return
        if left == 0:
            return
        for name in self._facts_in_the_way(rules, effect):
            if name not in changed:
                self._try(name, left, changed)

    def _try(self, name: str, left: int, changed: dict[str, object]) -> None:
        for value, vector in self.options[name]:
            before = [(i, self.state[i]) for i, _ in vector]
            for i, truth in vector:
                self.state[i] = truth
            if (key := tuple(self.state)) not in self.visited:
                self.visited.add(key)
                self._descend(left - 1, {**changed, name: value})
            for i, was in before:
                self.state[i] = was

    def _keep(self, effect: Effect, changed: dict[str, object]) -> None:
        flips = tuple(flip for name in changed for flip in self._needed(name, effect))
        cost = (sum(map(self._effort, changed)), len(flips))
        if self.best is None or cost < self.best[0]:
            self.best = (cost, Change(effect, flips, changed))

    def _needed(self, name: str, effect: Effect) -> Iterator[Flip]:
        """The flips on one fact without which the verdict would not come about.

        At least one is left, or a change without this fact would have been found before.
        """
        state = list(self.state)
        for leaf, i in self.program.leaf_index.items():
            was, now = self.start[i], state[i]
            if leaf.fact != name or was is now:
                continue
            state[i] = was
            if self.program.verdict(self.program.rule_outcomes(state)).effect is not effect:
                state[i] = now
                yield Flip(leaf, was, now is True, self.seen[name])

    def _effort(self, name: str) -> int:
        """To find something out is less than to change it; some facts nobody can change."""
        if self.seen[name] is None:
            return 0
        return 2 if CATALOGUE[name].fixed else 1

    def _facts_in_the_way(self, rules: Sequence[Truth], effect: Effect) -> Iterable[str]:
        """Facts of which every change to a wanted verdict must touch at least one."""
        program = self.program
        denying, stopping, allowing = program.denying, program.stopping, program.allowing
        match effect:
            case Effect.DENY:
                positions: Iterable[int] = [next(i for i in denying if rules[i])]
            case Effect.ALLOW:
                positions = [*stopping, *(i for i in allowing if rules[i])]
                if Effect.HOLD not in self.targets:
                    positions = denying
            case Effect.HOLD:
                stopped = [i for i in stopping if rules[i] is not False][:1]
                positions = (stopped or allowing) if Effect.ALLOW in self.targets else ()
                if Effect.DENY in self.targets:
                    positions = [*positions, *denying]
        leaves = (program.leaves[j] for i in positions for j in sorted(program.leaves_of_rule[i]))
        return dict.fromkeys(leaf.fact for leaf in leaves)
