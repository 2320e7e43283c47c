"""Becomes another program that ends with its parent and, for PostgreSQL, is not root.

Run as a script between a parent and the real program: `launch.py WAY SIGNAL PARENT COMMAND …`.
A `preexec_fn` could do the same but is unsafe in a parent with threads.

PostgreSQL refuses to run as uid 0, or as one that has no name. In a user namespace we look like
another uid while our files stay ours. Where namespaces are blocked, as in many containers, root
becomes `nobody` and keeps one capability, so that folders that only root may enter need not be
opened to others.
"""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522
NOBODY = 65534

AS_IS, NAMESPACE, AS_NOBODY = "as-is", "namespace", "nobody"
LINUX = sys.platform == "linux"


class NoOrdinaryUser(Exception):
    """PostgreSQL can't run as this user, nor look like another here; run as an ordinary user."""


class _CapHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapData(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def command(
    program: list[str], *, way: str = AS_IS, stop: signal.Signals = signal.SIGTERM
) -> list[str]:
    """The command line that runs `program`; the kernel sends it `stop` when we die, however."""
    launcher = [sys.executable, "-I", "-S", __file__]
    return [*launcher, way, str(int(stop)), str(os.getpid()), *program]


@cache
def way_off_root() -> str:
    """How a child becomes somebody PostgreSQL accepts."""
    if os.geteuid() != 0 and _has_name(os.geteuid()):
        return AS_IS
    for way in (NAMESPACE, AS_NOBODY):
        probe = command([sys.executable, "-I", "-S", "-c", ""], way=way)
        if LINUX and subprocess.run(probe, capture_output=True, check=False).returncode == 0:
            return way
    raise NoOrdinaryUser(NoOrdinaryUser.__doc__)


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def owner(way: str) -> int:
    """The uid, as seen from here, that must own the files of a program started this way."""
    return NOBODY if way == AS_NOBODY else os.geteuid()


def other_owners() -> set[int]:
    """Who else may own our files: nobody, if root has started a program that way before."""
    return {NOBODY} if os.geteuid() == 0 else set()


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _enter_namespace() -> None:
    user, group = os.geteuid(), os.getegid()
    named = NOBODY if _has_name(NOBODY) else max(entry.pw_uid for entry in pwd.getpwall())
    _check(_libc().unshare(CLONE_NEWUSER))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{named} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{named} {group} 1")


def _become_nobody() -> None:
    libc = _libc()
    _check(libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    bit = 1 << CAP_DAC_OVERRIDE
    kept = (_CapData * 2)(_CapData(bit, bit, bit), _CapData(0, 0, 0))
    _check(libc.capset(ctypes.byref(_CapHeader(CAPABILITY_VERSION_3, 0)), kept))
    _check(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0))


def main(way: str, stop: str, parent: str, *program: str) -> None:
    """Change who we are, tie our life to the parent's and become the program."""
    if way == NAMESPACE:
        _enter_namespace()
    elif way == AS_NOBODY:
        _become_nobody()
    if LINUX:
        # After the change of identity, which clears it.
        _check(_libc().prctl(PR_SET_PDEATHSIG, int(stop), 0, 0, 0))
    if os.getppid() != int(parent):
        raise SystemExit("the parent has already ended")
    os.execv(program[0], program)  # noqa: S606 - no shell wanted


if __name__ == "__main__":
    main(*sys.argv[1:])
