"""The choice of the faults: all of it from the seed, so that a run can be repeated."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from soak.kind import Kind

PAIRS = 0.35
HOLD_SECONDS = (2.0, 7.0)
PAUSE_SECONDS = (1.0, 4.0)


@dataclass(frozen=True)
class Step:
    """One turn of the nemesis: so long all is well, then these are on for so long."""

    kinds: tuple[Kind, ...]
    pause: float
    hold: float

    @property
    def name(self) -> str:
        """The names of what is on."""
        return " + ".join(kind.name for kind in self.kinds)

    @property
    def lasts(self) -> bool:
        """Whether there is something to heal at the end."""
        return any(kind.lasts for kind in self.kinds)

    @property
    def bound(self) -> float:
        """Seconds in which all must be well again: a pair may heal one after the other."""
        return sum(kind.bound for kind in self.kinds)


def plan(kinds: Sequence[Kind], seed: int) -> Iterator[Step]:
    """Give steps without end: as from a pack of cards, each kind comes once before any comes again."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    while True:
        pack = chance.sample(list(kinds), len(kinds))
        while pack:
            first = pack.pop()
            others = [kind for kind in pack if kind.goes_with(first)]
            chosen: tuple[Kind, ...] = (first,)
            if others and chance.random() < PAIRS:
                second = chance.choice(others)
                pack.remove(second)
                chosen = (first, second)
            yield Step(chosen, chance.uniform(*PAUSE_SECONDS), chance.uniform(*HOLD_SECONDS))
