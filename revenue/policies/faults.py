"""What is wrong with a policy, as JSON paths with plain reasons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import ValidationError

_MAX_FAULTS = 50
_REASONS = {
    "missing": "This is missing.",
    "extra_forbidden": "There is no such field here.",
    "too_short": "At least one entry is needed.",
    "string_type": "A text is needed.",
    "string_too_short": "This text is too short.",
    "string_too_long": "This text is longer than {max_length} characters.",
    "tuple_type": "A list is needed.",
    "model_type": "An object in braces is needed.",
    "model_attributes_type": "An object in braces is needed.",
    "dict_type": "An object in braces is needed.",
    "enum": "This must be one of: {expected}.",
    "too_long": "No more than {max_length} entries are allowed.",
    "finite_number": "A finite number is needed.",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: ``path`` such as ``$.rules[2].when.all[0].value``, and why."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


class PolicyInvalid(ValueError):
    """The policy can't be used as it is written."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


def faults_of(error: ValidationError, data: object) -> tuple[Fault, ...]:
    """The faults that pydantic found in ``data``, at most 50, the innermost of each place."""
    found: dict[str, Fault] = {}
    for detail in error.errors(include_url=False):
        path = _path(detail["loc"], data)
        found.setdefault(path, Fault(path, _reason(path, detail)))
    innermost = (
        fault
        for path, fault in found.items()
        if not any(other.startswith(f"{path}[") for other in found)
    )
    return tuple(islice(innermost, _MAX_FAULTS))


def _path(location: tuple[int | str, ...], data: object) -> str:
    path = "$"
    for step in _inside(location, data):
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path


def _inside(location: tuple[int | str, ...], data: object) -> Iterator[int | str]:
    """The steps of a location that lead through the data, without the names of union members."""
    at: Any = data
    in_value = False
    for step in location:
        if isinstance(step, str) and (step.startswith("<") or in_value):
            continue
        if isinstance(at, dict):
            yield step
            at = at.get(step)
            in_value = step == "value"
        elif isinstance(at, list) and isinstance(step, int):
            yield step
            at = at[step] if step < len(at) else None


def _reason(path: str, detail: Any) -> str:
    if detail["type"] == "string_pattern_mismatch":
        if path.endswith(".id"):
            return "An id has small letters, digits and hyphens, at most 64."
        return "Line breaks and control characters are not allowed."
    if re.search(r"\.value(\[\d+\])?$", path):
        return "A value is true or false, a number, a text, or a list of these."
    template = _REASONS.get(detail["type"])
    if template is None:
        return str(detail["msg"]) + "."
    return template.format(**detail.get("ctx", {}))
