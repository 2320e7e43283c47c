"""Starts child processes that end with us, and PostgreSQL as something other than root.

PostgreSQL refuses to run as uid 0. In a user namespace root can look like another uid while its
files stay root's. Where namespaces are blocked, as in many containers, the child becomes `nobody`
and keeps one capability, so that folders that only root may enter need not be opened.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
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

LINUX = sys.platform == "linux"
_libc = ctypes.CDLL(None, use_errno=True) if LINUX else None

Preparation = Callable[[], None]


class NoOrdinaryUser(Exception):
    """PostgreSQL can't run as root here and no ordinary user can be taken on: run as a user."""


class _CapHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapData(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def ends_with_parent(signal_number: int = signal.SIGTERM) -> Preparation:
    """For `preexec_fn`: the kernel sends this signal when the parent dies, however it dies."""

    def prepare() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, signal_number)

    return prepare


def _in_namespace() -> None:
    assert _libc is not None  # noqa: S101 - only called on Linux
    _check(_libc.unshare(CLONE_NEWUSER))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text("1000 0 1")
    Path("/proc/self/gid_map").write_text("1000 0 1")


def _as_nobody() -> None:
    assert _libc is not None  # noqa: S101 - only called on Linux
    _check(_libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    bit = 1 << CAP_DAC_OVERRIDE
    data = (_CapData * 2)(_CapData(bit, bit, bit), _CapData(0, 0, 0))
    _check(_libc.capset(ctypes.byref(_CapHeader(CAPABILITY_VERSION_3, 0)), data))
    _check(_libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0))


def _works(prepare: Preparation) -> bool:
    try:
        subprocess.run([sys.executable, "-I", "-S", "-c", ""], preexec_fn=prepare, check=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


@cache
def not_root() -> tuple[Preparation, int]:
    """How a child stops being root, and the uid that must own its files."""
    if os.geteuid() != 0:
        return (lambda: None), os.geteuid()
    if LINUX and _works(_in_namespace):
        return _in_namespace, 0
    if LINUX and _works(_as_nobody):
        return _as_nobody, NOBODY
    raise NoOrdinaryUser(NoOrdinaryUser.__doc__)


def give(folder: Path, uid: int) -> None:
    """Make a folder and all in it belong to this uid; cheap when the top already does."""
    if folder.stat().st_uid == uid:
        return
    for parent, _, names in os.walk(folder):
        for name in names:
            os.lchown(os.path.join(parent, name), uid, -1)  # noqa: PTH118
        os.lchown(parent, uid, -1) if parent != str(folder) else None
    os.lchown(folder, uid, -1)
