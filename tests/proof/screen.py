"""The terminal: how far a run is stands in one line that is written over, and all else scrolls by."""

import os
import re
import shutil
from typing import TextIO

PASSING = re.compile(r" *\d+:\d\d  (collecting|\d+ of \d+ done).*|  .*, \d+ s")
BEGINNING_OF_LINE = "\r\x1b[2K"


class Screen:
    """Where a run is shown; where it is no terminal, each line is a line."""

    def __init__(self, stream: TextIO) -> None:
        """Begin on an empty line."""
        self._stream = stream
        self._passes = False
        self.width = shutil.get_terminal_size().columns

    @property
    def colour(self) -> str:
        """Whether there is any, in pytest's words."""
        return "yes" if self._stream.isatty() and not os.environ.get("NO_COLOR") else "no"

    def show(self, line: str) -> None:
        """Show a line."""
        if not self._stream.isatty():
            print(line, file=self._stream, flush=True)
            return
        begin, self._passes = BEGINNING_OF_LINE if self._passes else "", bool(PASSING.fullmatch(line))
        print(begin + (line[: self.width - 1] if self._passes else line), file=self._stream, end="", flush=True)
        if not self._passes:
            print(file=self._stream, flush=True)
