"""What clients know of their writes and reads."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Ledger:
    """What clients saw.

    Attributes:
        acknowledged: The answered creates: the task by its idempotency key.
        sent: All keys that were ever sent; one without an acknowledgement may have been done or not.
        probes: How often /db-check answered what: a code of a problem, `ok`, or `no answer`.
        retried: Requests that were sent again with the same key.
        reads: Acknowledged tasks that were read and were as acknowledged.
        wrong: What no client may ever see, in words.

    """

    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    probes: Counter[str] = field(default_factory=Counter)
    retried: int = 0
    reads: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def availability(self) -> float:
        """The part of the probes that were answered well, in percent."""
        return 100 * self.probes["ok"] / max(1, self.probes.total())
