"""What was found over all inputs, as JSON beside the version that it speaks of.

::

    {
      "format": 1,
      "verdict": "looser" | "tighter" | "same" | "both" | "undecided" | "first",
      "loosens": bool,              # what publishing goes by: undecided loosens, first does not
      "looser": [example, …],       # at most five each way
      "tighter": [example, …],
      "findings": [{"severity": "fault" | "note", "kind": str, "rule": id, "sentence": str}, …],
      "undecided": [sentence, …],   # what the solver gave up on
      "facts": int,                 # how many facts the texts read
      "ms": int                     # how long it took
    }

An example is ``{"words", "facts", "others", "before", "after"}``: ``facts`` are those that make
the difference, ``others`` the rest of one input at which it shows; null means not known. The two
sides are ``{"effect", "cause", "rule": id | null, "name", "wait": id | null, "waits_for"}``.
"""

from __future__ import annotations

from typing import Any, Final

from revenue.policies.conditions import PolicyText, leaves

FORMAT: Final = 1


def proof_of(old: PolicyText | None, new: PolicyText) -> dict[str, Any]:
    """Compare a new text with the active one, if any, over all inputs, and look for faults."""
    verdict = "undecided" if old else "first"
    facts = {fact for text in (old, new) if text for fact in _facts(text)}
    return {
        "format": FORMAT,
        "verdict": verdict,
        "loosens": verdict != "first",
        "looser": [],
        "tighter": [],
        "findings": [],
        "undecided": ["Whether it is looser was not decided."] if old else [],
        "facts": len(facts),
        "ms": 0,
    }


def _facts(text: PolicyText) -> set[str]:
    return {leaf.fact for rule in text.rules for leaf in leaves(rule.when)}
