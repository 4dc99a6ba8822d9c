"""What the user sees: progress and complaints on stderr, so that stdout holds results only."""

import os
import sys
from typing import TextIO


def say(sentence: str) -> None:
    """Tell what is about to happen."""
    print(sentence, file=sys.stderr, flush=True)


def complain(sentence: str) -> None:
    """Tell what went wrong; on a terminal its first line is red."""
    first, newline, rest = sentence.partition("\n")
    say(paint(first, RED, sys.stderr) + newline + rest)


def paint(text: str, colour: str, stream: TextIO) -> str:
    """Colour `text` when `stream` is a terminal whose user did not say NO_COLOR."""
    return f"\x1b[{colour}m{text}\x1b[0m" if stream.isatty() and not os.environ.get("NO_COLOR") else text


BOLD, RED, GREEN, YELLOW = "1", "31", "32", "33"
