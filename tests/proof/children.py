"""Commands that run at once: what they say is shown as it comes, and they end when their caller is told to."""

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from host.command import ROOT
from proof import orphans

SILENCE_SECONDS = 4.0  # after which it is said what goes on
LOOK_SECONDS = 0.2
UNWINDING_SECONDS = 15.0  # for what a test has to put right


@dataclass(frozen=True)
class Command:
    """What to run.

    Attributes:
        title: What it does, for whoever waits for it.
        words: The command line.
        environment: Its whole environment.
        inherited: Descriptors that it gets.

    """

    title: str
    words: Sequence[str]
    environment: Mapping[str, str]
    inherited: tuple[int, ...] = ()


def run(commands: Sequence[Command], show: Callable[[str], None]) -> int:
    """Run commands at once, show what they say, and return the exit code of the first that failed, or 0."""
    lines: queue.Queue[str] = queue.Queue()
    began = silent_since = time.monotonic()
    with ExitStack() as on:
        children = {command.title: on.enter_context(_running(command, lines)) for command in commands}
        while True:
            orphans.reap({child.pid for child in children.values()})
            running = [title for title, child in children.items() if child.poll() is None]
            with suppress(queue.Empty):
                show(lines.get(timeout=LOOK_SECONDS if running else 0))
                silent_since = time.monotonic()
                continue
            if not running:
                return next((child.returncode for child in children.values() if child.returncode), 0)
            if time.monotonic() - silent_since > SILENCE_SECONDS:
                show(f"  {' and '.join(running)}, {time.monotonic() - began:.0f} s")
                silent_since = time.monotonic()


@contextmanager
def _running(command: Command, lines: "queue.Queue[str]") -> Iterator["subprocess.Popen[str]"]:
    """Run a command in a session of its own, so that a Ctrl-C reaches it by way of its caller only."""
    with subprocess.Popen(
        command.words,
        cwd=ROOT,
        env=command.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
        pass_fds=command.inherited,
    ) as process:

        def read() -> None:
            for line in process.stdout or ():
                lines.put(line.rstrip("\n"))

        reading = threading.Thread(target=read, daemon=True)
        reading.start()
        try:
            yield process
        finally:
            _end(process)
            reading.join(LOOK_SECONDS)


def _end(process: "subprocess.Popen[str]") -> None:
    for number in (signal.SIGINT, signal.SIGKILL):
        if process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(UNWINDING_SECONDS)
