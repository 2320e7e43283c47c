"""Bounds on what is accepted as a policy, checked before anything walks it recursively."""

from __future__ import annotations

import json
from typing import Any, Final

from revenue.policies.faults import Fault, PolicyInvalid

MAX_BYTES: Final = 512 * 1024
MAX_RULES: Final = 200
MAX_NODES: Final = 20_000
"""JSON values in one policy, lists and objects included."""
MAX_DEPTH: Final = 24
"""Levels of JSON; a condition nested ten deep inside a rule stays under it."""


def read_json(source: str | bytes | dict[str, Any]) -> Any:
    """Parse JSON text strictly: no repeated names, no NaN. Raises ``PolicyInvalid``."""
    if not isinstance(source, str | bytes):
        return source
    if len(source) > MAX_BYTES:
        raise PolicyInvalid((Fault("$", f"The text is larger than {MAX_BYTES // 1024} KB."),))
    try:
        return json.loads(source, object_pairs_hook=_object, parse_constant=_no_constant)
    except RecursionError:
        raise PolicyInvalid((Fault("$", "The text is nested too deeply."),)) from None
    except PolicyInvalid:
        raise
    except ValueError as error:
        raise PolicyInvalid((Fault("$", f"This is not JSON: {error}."),)) from None


def check_size(data: object) -> None:
    """Refuse data that is nested too deeply or too large. Raises ``PolicyInvalid``."""
    count = 0
    level: list[object] = [data]
    for _ in range(MAX_DEPTH):
        count += len(level)
        if count > MAX_NODES:
            raise PolicyInvalid((Fault("$", f"There are more than {MAX_NODES} values."),))
        level = [child for value in level for child in _inside(value)]
        if not level:
            return
    raise PolicyInvalid((Fault("$", f"Nested deeper than {MAX_DEPTH} levels."),))


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise PolicyInvalid((Fault("$", f"The name {twice!r} stands twice in one object."),))
    return result


def _no_constant(name: str) -> Any:
    raise PolicyInvalid((Fault("$", f"{name} is not a number."),))
