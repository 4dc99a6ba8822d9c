"""The shapes of the two charts on the status page: numbers in, coordinates and words out."""

from collections.abc import Sequence
from dataclasses import dataclass

from healthchecker.history import Part
from healthchecker.words import duration

LEAST_DOWN = 0.25  # of a column's height: the shortest outage of the day can still be seen from across a room
HEIGHT = 20.0
MARGIN = 2.0  # half of the line's width, and some air


@dataclass(frozen=True, slots=True)
class Column:
    """One part of a day: `down` is the share of its height that an outage takes; `title` says it in words."""

    known: bool
    down: float
    failed: bool
    title: str


@dataclass(frozen=True, slots=True)
class Line:
    """A sparkline as the data of an SVG path, `width` by `HEIGHT`; `low` and `high` are its extremes in seconds."""

    path: str
    width: int
    low: float
    high: float


def columns(parts: Sequence[Part]) -> list[Column]:
    """Give a column for each part of the day."""
    return [
        Column(
            part.up + part.down > 0,
            max(part.down / (part.up + part.down), LEAST_DOWN) if part.down else 0.0,
            bool(part.reasons),
            f"{part.begins.day} {part.begins:%b %H:%M} to {part.ends:%H:%M} UTC: {_told(part)}",
        )
        for part in parts
    ]


def summary(parts: Sequence[Part]) -> str:
    """Say in one sentence what the columns show."""
    up, down = sum(part.up for part in parts), sum(part.down for part in parts)
    if not up + down:
        return "Nothing is known of the last 24 hours yet."
    unknown = sum((part.ends - part.begins).total_seconds() for part in parts) - up - down
    said = [f"Down for {duration(down)}" if down else "Never down", f"up for {duration(up)}"]
    # Under a minute it is only the time that passed between two polls.
    if unknown >= 60:  # noqa: PLR2004
        said.append(f"nothing known of {duration(unknown)}")
    return ", ".join(said) + "."


def line(values: Sequence[float | None]) -> Line | None:
    """Draw a line from zero to the highest value, broken where there is none; None without any value."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    scale = (HEIGHT - 2 * MARGIN) / (max(known) or 1)
    path, pen_is_down = "", False
    for x, value in enumerate(values):
        if value is not None:
            point = f"{x + 0.5} {HEIGHT - MARGIN - value * scale:.2f}"
            # The stroke of no length makes a dot of a value without neighbours.
            path += f"L{point}" if pen_is_down else f"M{point}h0"
        pen_is_down = value is not None
    return Line(path, len(values), min(known), max(known))


def _told(part: Part) -> str:
    if not part.up + part.down:
        return "nothing known"
    state = f"down for {duration(part.down)}" if part.down else "up"
    failed = ", ".join(f"{reason} ({count})" for reason, count in sorted(part.reasons.items()))
    return f"{state}; failed polls: {failed}" if failed else state
