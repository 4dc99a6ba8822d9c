"""Commands of this host, whose answers are values and never exceptions."""

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

ROOT = Path(__file__).resolve().parents[2]

NOT_FOUND = 127
TOO_LATE = 124


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
    ) -> Answer:
        """Run `command` silently at the root of the project and give its answer."""
        ...


def run(
    *command: str,
    timeout: float | None = None,
    stdin: IO[bytes] | None = None,
    stdout: IO[bytes] | None = None,
) -> Answer:
    """Run `command` silently at the root of the project and give its answer.

    An absent command answers 127, one that takes longer than `timeout` seconds is killed and answers 124.
    """
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            stdin=stdin or subprocess.DEVNULL,
            stdout=stdout or subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Answer(TOO_LATE, err=f"no answer within {timeout:g} s")
    except OSError as error:
        return Answer(NOT_FOUND, err=f"{command[0]}: {error.strerror}")
    return Answer(done.returncode, (done.stdout or b"").decode(errors="replace"), done.stderr.decode(errors="replace"))


def show(*command: str) -> int:
    """Run `command` at the root of the project, its output going to stderr like our own, and give its exit code."""
    return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=2, check=False).returncode


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
    ) as process:
        for line in process.stdout or ():
            each(line.rstrip("\n"))
        return process.wait()
