"""Commands that run at once: what they print is shown as it comes, and they end when their caller is told to."""

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
LAST_LINES_SECONDS = 2.0  # a process that is left over may hold the pipe for longer
SIGNALLED = 128  # plus the number of the signal, as in a shell
UNWINDING_SECONDS = 15.0  # for what a test has to put right

Lines = queue.Queue[str]


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


class Subprocess:
    """A command that runs in a session of its own, so that a Ctrl-C reaches it by way of its caller only."""

    def __init__(self, command: Command, lines: Lines) -> None:
        """Start it; each line that it prints goes to a queue."""
        self.title = command.title
        self.process = subprocess.Popen(
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
        )
        # The thread alone has the pipe: to close it elsewhere would wait for whoever still writes to it.
        self.reading = threading.Thread(target=self._read, args=(lines,), daemon=True)
        self.reading.start()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    def end(self) -> None:
        """End it with all that it has started, if need be: first as a Ctrl-C would."""
        if self.is_running:
            self._signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(UNWINDING_SECONDS)
        self._signal(signal.SIGKILL)  # also for what is left of its group
        self.process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def _read(self, lines: Lines) -> None:
        for line in self.process.stdout or ():
            lines.put(line.rstrip("\n"))


def run(commands: Sequence[Command], show: Callable[[str], None]) -> int:
    """Run commands at once, show what they print, and return the exit code of the first that failed, or 0.

    When one fails, the others are ended.
    """
    lines: Lines = queue.Queue()
    began = silent_since = time.monotonic()
    with ExitStack() as on:
        running = [on.enter_context(_running(command, lines)) for command in commands]
        while any(each.is_running for each in running):
            orphans.reap({each.process.pid for each in running})
            with suppress(queue.Empty):
                show(lines.get(timeout=LOOK_SECONDS))
                silent_since = time.monotonic()
            if any(each.process.poll() for each in running):
                break
            if time.monotonic() - silent_since > SILENCE_SECONDS:
                titles = " and ".join(each.title for each in running if each.is_running)
                show(f"  {titles}, {time.monotonic() - began:.0f} s")
                silent_since = time.monotonic()
        failed = next((code for each in running if (code := each.process.poll())), 0)
        for each in running:
            if not each.is_running:
                each.reading.join(LAST_LINES_SECONDS)
        while not lines.empty():
            show(lines.get())
        return failed if failed >= 0 else SIGNALLED - failed


@contextmanager
def _running(command: Command, lines: Lines) -> Iterator[Subprocess]:
    running = Subprocess(command, lines)
    try:
        yield running
    finally:
        running.end()
