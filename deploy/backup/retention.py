"""Which backups have had their time. Pure decisions, no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Retention:
    """How many backups are kept, and for how many days; `None` is without a limit."""

    keep: int | None = None
    days: float | None = None

    def expired(self, times: Sequence[datetime], now: datetime) -> list[datetime]:
        """Give those of `times` that are to go; never the newest, however old it is, and none that is yet to come."""
        newest_first = sorted((at for at in times if at <= now), reverse=True)
        return [
            at
            for rank, at in enumerate(newest_first)
            if rank > 0
            and (
                (self.keep is not None and rank >= self.keep)
                or (self.days is not None and now - at > timedelta(days=self.days))
            )
        ]
