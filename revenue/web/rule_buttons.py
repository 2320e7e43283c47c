"""What the buttons inside a condition do to it: add, group, turn round, move, remove."""

from __future__ import annotations

from copy import deepcopy

from revenue.web.rule_tree import DEEPEST, GROUPS, MOST, Branch, TooLarge, fresh, placed


def change(root: Branch, act: str, faults: list[str]) -> tuple[Branch, str]:
    """The tree after the button ``act`` such as ``add:0-1``, and the path to go on at.

    A button that there is not changes nothing, nor one after which a form could not send the
    condition, which is told in ``faults``; one goes on where one is then: the path is empty.
    """
    changed, follow = _changed(deepcopy(root), act)
    paths = [branch.path for branch in changed.walk()]
    if len(paths) > MOST or any(path.count("-") >= DEEPEST for path in paths):
        faults.append(str(TooLarge.__doc__))
        return root, ""
    return changed, follow


def _changed(root: Branch, act: str) -> tuple[Branch, str]:
    """Done in place."""
    what, _, path = act.partition(":")
    found = next((branch for branch in root.walk() if branch.path == path), None)
    parent = _parent(root, path)
    if found is None or what not in _CHANGES:
        return root, ""
    replacement, follow = _CHANGES[what](found, parent)
    if replacement is not found:
        if parent is None:
            root = replacement or fresh(root.kind)
        else:
            at = parent.branches.index(found)
            parent.branches[at : at + 1] = [replacement] if replacement else []
    root = placed(_tidied(root) or fresh(root.kind))
    return root, next((branch.path for branch in root.walk() if branch is follow), "0")


_Changed = tuple[Branch | None, Branch | None]


def _add(found: Branch, _parent: Branch | None) -> _Changed:
    """Another comparison in a group; beside a lone comparison, which becomes a group."""
    new = Branch("", "leaf", found.kind)
    if found.sort in GROUPS:
        found.branches.append(new)
        return found, new
    return Branch("", "all", found.kind, [found, new]), new


def _add_group(found: Branch, _parent: Branch | None) -> _Changed:
    new = Branch("", "leaf", found.kind)
    if found.sort not in GROUPS:
        group = Branch("", "any", found.kind, [new])
        return Branch("", "all", found.kind, [found, group]), new
    sort = "any" if found.sort == "all" else "all"
    found.branches.append(Branch("", sort, found.kind, [new]))
    return found, new


def _remove(_found: Branch, parent: Branch | None) -> _Changed:
    return None, parent


def _negate(found: Branch, _parent: Branch | None) -> _Changed:
    return Branch("", "not", found.kind, [found]), found


def _affirm(found: Branch, _parent: Branch | None) -> _Changed:
    if found.sort != "not" or not found.branches:
        return found, found
    return found.branches[0], found.branches[0]


def _up(found: Branch, parent: Branch | None) -> _Changed:
    return _shift(found, parent, -1)


def _down(found: Branch, parent: Branch | None) -> _Changed:
    return _shift(found, parent, 1)


def _shift(found: Branch, parent: Branch | None, by: int) -> _Changed:
    if parent is not None:
        row = parent.branches
        at = row.index(found)
        to = min(max(at + by, 0), len(row) - 1)
        row.insert(to, row.pop(at))
    return found, found


_CHANGES = {
    "add": _add,
    "group": _add_group,
    "remove": _remove,
    "not": _negate,
    "affirm": _affirm,
    "up": _up,
    "down": _down,
}


def _parent(root: Branch, path: str) -> Branch | None:
    above = path.rpartition("-")[0]
    return next((branch for branch in root.walk() if branch.path == above), None)


def _tidied(branch: Branch) -> Branch | None:
    """Without groups that hold nothing."""
    if branch.sort == "leaf":
        return branch
    inside = (_tidied(inner) for inner in branch.branches)
    branch.branches = [inner for inner in inside if inner is not None]
    return branch if branch.branches else None
