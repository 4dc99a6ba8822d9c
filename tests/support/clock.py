"""A clock that goes when a test tells it to."""

from dataclasses import dataclass


@dataclass
class Clock:
    """Gives `now`, in seconds."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now
