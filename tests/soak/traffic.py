"""What clients know of their writes and reads."""

from collections import Counter
from dataclasses import dataclass, field

from support.ledger import Ledger

UNAVAILABLE = 503


@dataclass
class Traffic:
    """What clients saw.

    Attributes:
        ledger: Of the writes.
        probes: How often /db-check answered what: a code of a problem, `ok`, or `no answer`.
        reads: How many acknowledged tasks were read and were as acknowledged.
        wrong_reads: Answers to readers and probes that no client may ever see, in words.

    """

    ledger: Ledger = field(default_factory=Ledger)
    probes: Counter[str] = field(default_factory=Counter)
    reads: int = 0
    wrong_reads: list[str] = field(default_factory=list)

    @property
    def availability(self) -> float:
        """The part of the probes that were answered well, in percent."""
        return 100 * self.probes["ok"] / max(1, self.probes.total())

    @property
    def retried(self) -> int:
        """How many writes were sent again with the same key."""
        return self.ledger.unanswered + len(self.ledger.refused)

    @property
    def wrong(self) -> list[str]:
        """What no client may ever see, in words."""
        writes = (f"POST /tasks was answered {each}" for each in self.ledger.refused if each[0] != UNAVAILABLE)
        return [*writes, *self.wrong_reads]
