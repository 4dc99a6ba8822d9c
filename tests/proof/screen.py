"""The terminal: the progress of a run is one line that is written over, and all else scrolls by."""

import os
import re
import shutil
from typing import TextIO

TRANSIENT = re.compile(r" *\d+:\d\d  (collecting|\d+ of \d+ done).*|  .*, \d+ s")
BEGINNING_OF_LINE = "\r\x1b[2K"


class Screen:
    """Where a run is shown; where it is no terminal, each line is a line."""

    def __init__(self, stream: TextIO) -> None:
        """Begin on an empty line."""
        self._stream = stream
        self._is_transient = False
        self._width = shutil.get_terminal_size().columns
        self.colour = "yes" if stream.isatty() and not os.environ.get("NO_COLOR") else "no"  # in pytest's words

    def show(self, line: str) -> None:
        """Show a line."""
        is_transient = self._stream.isatty() and bool(TRANSIENT.fullmatch(line))
        self.clear()
        print(line[: self._width - 1] if is_transient else line, file=self._stream, end="" if is_transient else "\n")
        self._stream.flush()
        self._is_transient = is_transient

    def clear(self) -> None:
        """Take a line of progress away, as before something is printed elsewhere."""
        if self._is_transient:
            print(BEGINNING_OF_LINE, file=self._stream, end="", flush=True)
            self._is_transient = False
