"""A host that exists only as a table of answers."""

from collections.abc import Mapping
from typing import IO, Any

from host.command import NOT_FOUND, Answer

Known = Answer | BaseException | list[Answer | BaseException]


class FakeHost:
    """Stands in for `host.command.run`: answers by the longest known beginning of a command, and remembers them all.

    Args:
        answers: By the beginning of a command line; a command without one is not installed. Several are given one after
            the other, the last one again and again; an exception is raised.
        files: What a command writes to its standard output where that is a file, in the same way.

    """

    def __init__(self, answers: Mapping[str, Known], files: Mapping[str, bytes] | None = None) -> None:
        self.answers = {start: list(known) if isinstance(known, list) else known for start, known in answers.items()}
        self.files = dict(files or {})
        self.asked: list[str] = []
        self.read: dict[str, bytes] = {}

    def __call__(
        self, *command: str, stdin: IO[bytes] | None = None, stdout: IO[bytes] | None = None, **_: Any
    ) -> Answer:
        line = " ".join(command)
        self.asked.append(line)
        if stdin:
            self.read[line] = stdin.read()
        known = max((start for start in self.answers if line.startswith(start)), key=len, default=None)
        if known is None:
            return Answer(NOT_FOUND, err=f"{command[0]}: No such file or directory")
        if stdout:
            stdout.write(self.files.get(known, b""))
        answer = self.answers[known]
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def were(self, *starts: str) -> list[str]:
        """Give of the commands that were run those that begin so, in their order, as these beginnings."""
        return [start for line in self.asked for start in starts if line.startswith(start)]
