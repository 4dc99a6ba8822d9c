"""What can be broken."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from support.stack import Stack


@dataclass(frozen=True)
class Kind:
    """A fault that the nemesis may choose.

    Attributes:
        name: What the user reads.
        inject: Breaks it for the time of a block, proves that it bit, and always heals it.
        takes: What of the stack it has for itself; two faults that take the same thing make no pair.
        bound: Seconds after the healing in which all must be well again.
        lasts: Whether it is on until it is healed; if not, the stack has to mend itself from the moment it bit.

    """

    name: str
    inject: Callable[[Stack], AbstractContextManager[None]]
    takes: frozenset[str]
    bound: float
    lasts: bool = True

    def goes_with(self, other: "Kind") -> bool:
        """Tell whether both can be on at once and mean something."""
        return not self.takes & other.takes
