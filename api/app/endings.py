"""The signals that end a worker: one that comes while the worker is being born is kept for it.

Until a new process has its own handlers it has those of gunicorn's master, which would put the signal into a queue
that nobody reads there; the master would then wait for that worker until `graceful_timeout`, and kill it.
"""

import os
import signal

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


def hold() -> None:
    """Hold them back, in the master before a fork; the new process does so from its first moment."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)


def release() -> None:
    """Let them through, and those that have come in between."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def release_after_fork() -> None:
    """Have the master let them through as soon as it has forked."""
    os.register_at_fork(after_in_parent=release)
