"""Processes whose parent has died: on Linux they become children of whoever adopts them, and can be ended by it."""

import ctypes
import os
import signal
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36  # see prctl(2)
END_SECONDS = 5.0


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


def end(word: str) -> list[str]:
    """End the children that have a word in their command line or environment, and return what they were.

    Others are left alone: a helper of Docker or git may have gone into the background on purpose.
    """
    ended: dict[int, str] = {}
    until = time.monotonic() + END_SECONDS
    while time.monotonic() < until:
        reap(())
        found = {child: name for child in _children() if (name := _name(child, word))}
        if not found:
            break
        for process, name in found.items():
            ended[process] = f"process {name}"
            with suppress(OSError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.02)
    return list(ended.values())


def _children() -> list[int]:
    try:
        return [int(number) for number in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
    except OSError:  # no Linux
        return []


def _name(process: int, word: str) -> str:
    """Return the command line of a process, or nothing where the word is not to be found."""
    with suppress(OSError):
        line = Path(f"/proc/{process}/cmdline").read_bytes()
        if word.encode() in line + Path(f"/proc/{process}/environ").read_bytes():
            return line.replace(b"\0", b" ").decode(errors="replace").strip()
    return ""
