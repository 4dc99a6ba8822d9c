"""A host that exists only as a table of answers."""

from collections.abc import Mapping
from typing import IO, Any

from host.command import NOT_FOUND, Answer


class FakeHost:
    """Stands in for `host.command.run`: answers by the longest known beginning of a command, and remembers them all.

    Args:
        answers: By the beginning of a command line; a command without one is not installed.
        files: What a command writes to its standard output where that is a file, in the same way.

    """

    def __init__(self, answers: Mapping[str, Answer], files: Mapping[str, bytes] | None = None) -> None:
        self.answers = dict(answers)
        self.files = dict(files or {})
        self.asked: list[str] = []

    def __call__(self, *command: str, stdout: IO[bytes] | None = None, **_: Any) -> Answer:
        line = " ".join(command)
        self.asked.append(line)
        known = max((start for start in self.answers if line.startswith(start)), key=len, default=None)
        if known is None:
            return Answer(NOT_FOUND, err=f"{command[0]}: No such file or directory")
        if stdout:
            stdout.write(self.files.get(known, b""))
        return self.answers[known]
