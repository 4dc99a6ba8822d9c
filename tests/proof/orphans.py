"""Processes whose parent has died: on Linux they become children of the front, which asks for their end."""

import ctypes
import os
import signal
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36  # see prctl(2)


def adopt() -> None:
    """Let every process below this one whose parent dies become a child of this one, and not of init."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def reap(own: Collection[int]) -> None:
    """Let those go that have ended, as init would; `own` are the children that somebody else waits for."""
    for process in _children():
        if process not in own:
            with suppress(ChildProcessError):
                os.waitpid(process, os.WNOHANG)


def end() -> list[str]:
    """End all children with their own, and return what they were."""
    ended = []
    while children := _children():
        for process in children:
            with suppress(ChildProcessError):
                if os.waitpid(process, os.WNOHANG) == (0, 0):
                    ended.append(f"process {_name(process)}")
                    os.kill(process, signal.SIGKILL)
                    os.waitpid(process, 0)
    return ended


def _children() -> list[int]:
    try:
        return [int(number) for number in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
    except OSError:  # no Linux
        return []


def _name(process: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return str(process)
