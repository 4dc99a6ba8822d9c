"""Commands of this host, whose answers are values and never exceptions."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

ROOT = Path(__file__).resolve().parents[2]

NOT_FOUND = 127
TOO_LATE = 124

END_SECONDS = 5


@dataclass(frozen=True)
class Answer:
    """What a command left behind."""

    code: int = 0
    out: str = ""
    err: str = ""

    @property
    def ok(self) -> bool:
        """Tell whether it succeeded."""
        return self.code == 0

    @property
    def reason(self) -> str:
        """Give the last line that it said, where commands put the cause; never empty."""
        lines = [line.strip() for line in (self.out + "\n" + self.err).splitlines() if line.strip()]
        return lines[-1] if lines else f"exit code {self.code}"


class Run(Protocol):
    """How the rest of this package reaches the host; tests put a table of answers in its place."""

    def __call__(
        self,
        *command: str,
        timeout: float | None = None,
        stdin: IO[bytes] | None = None,
        stdout: IO[bytes] | None = None,
        shown: bool = False,
    ) -> Answer:
        """Run `command` at the root of the project and give its answer."""
        ...


def run(
    *command: str,
    timeout: float | None = None,
    stdin: IO[bytes] | None = None,
    stdout: IO[bytes] | None = None,
    shown: bool = False,
) -> Answer:
    """Run `command` at the root of the project and give its answer; what is shown goes to stderr, like our own words.

    An absent command answers 127, one that takes longer than `timeout` seconds is ended and answers 124. It has a
    session of its own, so that a Ctrl-C ends it when this program says so, with all that it has started.
    """
    try:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=stdin or subprocess.DEVNULL,
            stdout=2 if shown else stdout or subprocess.PIPE,
            stderr=None if shown else subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        return Answer(NOT_FOUND, err=f"{command[0]}: {error.strerror}")
    with process:
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            _end(process)
            return Answer(TOO_LATE, err=f"no answer within {timeout:g} s")
        except BaseException:
            _end(process)
            raise
    return Answer(process.returncode, (out or b"").decode(errors="replace"), (err or b"").decode(errors="replace"))


def follow(*command: str, environment: Mapping[str, str], each: Callable[[str], None]) -> int:
    """Run `command` at the root of the project, hand over each line that it says at once, and give its exit code."""
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            for line in process.stdout or ():
                each(line.rstrip("\n"))
            return process.wait()
        except BaseException:
            _end(process)
            raise


def _end(process: subprocess.Popen[Any]) -> None:
    """End a command and its children, who get some time to take back what they have begun."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        until = time.monotonic() + END_SECONDS
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
            while time.monotonic() < until:
                process.poll()  # a child that has ended counts until it is asked
                os.killpg(process.pid, 0)
                time.sleep(0.02)
