"""What was found over all inputs, as JSON beside the version that it speaks of.

::

    {
      "format": 1,
      "verdict": "looser" | "both" | "tighter" | "same" | "not_looser" | "undecided" | "first",
      "loosens": bool,              # what publishing goes by: undecided loosens, first does not;
                                    # not_looser: whether it is tighter was not decided
      "looser": [example, …],       # at most five each way
      "tighter": [example, …],
      "findings": [{"severity": "fault" | "note", "kind": str, "rule": id, "sentence": str}, …],
      "undecided": [sentence, …],   # what the solver gave up on
      "facts": int,                 # how many facts the texts read
      "sorts": int,                 # how many inputs the comparisons can tell apart
      "ms": int                     # how long it took
    }

An example is ``{"words", "input", "facts", "others", "before", "after"}``: ``words`` tell all of
it, ``input`` only what is judged; ``facts`` are those that make the difference, ``others`` the rest
of one input at which it shows; null means not known. The two sides are
``{"effect", "cause", "rule": id | null, "name", "wait": id | null, "waits_for"}``.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from revenue.policies.conditions import PolicyText
from revenue.policies.evaluation import Decision
from revenue.policies.telling import counterexample_words, facts_to_name, input_words

if TYPE_CHECKING:
    from revenue.policies.proving import Comparison, Counterexample

FORMAT: Final = 1
Json = dict[str, Any]


def proof_of(old: PolicyText | None, new: PolicyText) -> Json:
    """Compare a new text with the active one, if any, over all inputs, and look for faults."""
    # z3 takes 60 MB and a fifth of a second: only who proves pays for it
    from revenue.policies.analysing import analyse  # noqa: PLC0415
    from revenue.policies.proving import compare  # noqa: PLC0415

    began = time.monotonic()
    against = compare(old or new, new)
    findings = analyse(new)
    return {
        "format": FORMAT,
        "verdict": _verdict(against) if old else "first",
        "loosens": old is not None and against.loosens,
        "looser": [_example(example, old or new, new) for example in against.looser.examples],
        "tighter": [_example(example, old or new, new) for example in against.tighter.examples],
        "findings": [
            {
                "severity": one.severity.value,
                "kind": one.kind.value,
                "rule": one.rule,
                "sentence": one.sentence,
            }
            for one in findings
        ],
        "undecided": list(_undecided(against)),
        "facts": against.facts,
        "sorts": against.sorts,
        "ms": round((time.monotonic() - began) * 1000),
    }


def _verdict(against: Comparison) -> str:
    if not against.looser.is_decided:
        return "undecided"
    if against.loosens:
        return "both" if against.tightens else "looser"
    if against.tightens:
        return "tighter"
    return "same" if against.tighter.is_decided else "not_looser"


def _undecided(against: Comparison) -> Iterator[str]:
    limit = f"could not be decided in {against.limit_s:g} s"
    for word, found in (("looser", against.looser), ("tighter", against.tighter)):
        if not found.is_decided:
            yield f"Whether it is {word} {limit}."
        elif found.is_cut_short:
            yield f"Whether there are more examples of it being {word} {limit}."


def _example(example: Counterexample, old: PolicyText, new: PolicyText) -> Json:
    deciders = ((old, example.before), (new, example.after))
    named = facts_to_name(example.facts, example.others, deciders)
    judged = input_words(named, new.kind)
    words = counterexample_words(named, example.before, example.after, kind=new.kind)
    return {
        "words": words[0].upper() + words[1:],
        "input": judged[0].upper() + judged[1:],
        "facts": dict(example.facts),
        "others": dict(example.others),
        "before": _side(example.before, old),
        "after": _side(example.after, new),
    }


def _side(decision: Decision, text: PolicyText) -> Json:
    return {
        "effect": decision.effect.value,
        "cause": decision.cause.value,
        "rule": decision.rule,
        "name": text.rule(decision.rule).name if decision.rule else "",
        "wait": decision.wait,
        "waits_for": text.rule(decision.wait).name if decision.wait else "",
    }
