"""A Ctrl-C at a moment when giving up would leave things half done."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from host import console


@contextmanager
def asked(sentence: str) -> Iterator[None]:
    """Answer each Ctrl-C, and each polite request to end, with a sentence and nothing else until the block is done."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: console.say(sentence)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
