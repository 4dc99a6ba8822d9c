"""How moments, durations and shares are said to a person."""

import math
from datetime import datetime


def moment(at: datetime) -> str:
    """Say when something was, as `23 Nov 14:03:22 UTC`."""
    return f"{at.day} {at:%b %H:%M:%S} UTC"


def duration(seconds: float) -> str:
    """Say how long something lasted in its two largest units, as `4 min 12 s`."""
    if seconds < 1:
        return "under 1 s"
    left = round(seconds)
    words: list[str] = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count or words or unit == "s":
            words.append(f"{count} {unit}")
    return " ".join(words[:2])


def latency(seconds: float | None) -> str:
    """Say how long an answer took, with two digits that mean something, as `4.2 ms`, `87 ms` or `1.3 s`."""
    if seconds is None:
        return "unknown"
    milliseconds = seconds * 1000
    if milliseconds < 9.95:  # noqa: PLR2004 - rounded it would be 10.0
        return f"{milliseconds:.1f} ms"
    return f"{milliseconds:.0f} ms" if milliseconds < 999.5 else f"{seconds:.1f} s"  # noqa: PLR2004 - the same


def lag(seconds: float | None) -> str:
    """Say how far something is behind, as `420 ms` or `4 min 12 s`."""
    return latency(seconds) if seconds is None or seconds < 1 else duration(seconds)


def percent(share: float | None) -> str:
    """Say a share from 0 to 1 in per cent, rounded down: only what is whole is `100 %`."""
    if share is None:
        return "unknown"
    # The small summand is for shares such as 0.29, which is 28.999… hundredths in binary.
    return "100 %" if share >= 1 else f"{math.floor(share * 10000 + 1e-9) / 100:.2f} %"
