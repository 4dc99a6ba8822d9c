"""How far a run is, on stderr."""

import time

from host import console


class Progress:
    """Tells what is done, how long it took so far and how long it will still take."""

    def __init__(self, expected: float) -> None:
        """Begin a run that takes about `expected` seconds."""
        self._expected = expected
        self._planned = 0.0
        self._began = time.monotonic()

    def did(self, sentence: str, planned: float) -> None:
        """Tell what was done, which was planned to take so many seconds."""
        self._planned += planned
        elapsed = time.monotonic() - self._began
        console.say(f"{line(elapsed, self._planned, self._expected)}  {sentence}")


def line(elapsed: float, planned: float, expected: float) -> str:
    """Say how long it took and how long it will still take, if the rest goes as what is done did."""
    left = max(0.0, expected - planned) * elapsed / planned
    return f"{clock(elapsed)}, {clock(left)} left"


def clock(seconds: float) -> str:
    """Write minutes and seconds."""
    return f"{int(seconds) // 60:2}:{int(seconds) % 60:02}"
