"""The templates of what people look at, and what all of them share."""

from pathlib import Path
from urllib.parse import quote

import jinja2

from healthchecker.state import State
from healthchecker.words import duration, lag, latency, moment, percent

# Dark enough for white text on them (WCAG AA), so that they serve in light and in dark.
TONES = {
    State.HEALTHY: "#12702f",
    State.SUSPECT: "#8a5800",
    State.UNHEALTHY: "#b3201c",
    State.RECOVERING: "#1a57b5",
    State.UNKNOWN: "#4b5663",
}
# For a title, where there is no room for a shape.
MARKS = {
    State.HEALTHY: "✓",
    State.SUSPECT: "▲",
    State.UNHEALTHY: "✕",
    State.RECOVERING: "↑",
    State.UNKNOWN: "?",
}


def environment() -> jinja2.Environment:
    """Give the environment of all templates, which are the files beside this one."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = {"moment": moment, "duration": duration, "latency": latency, "lag": lag, "percent": percent}
    made.filters |= words | {"image": image}
    made.globals |= {"tones": TONES, "marks": MARKS}
    return made


def image(svg: str) -> str:
    """Give a drawing as a `data:` URL."""
    return "data:image/svg+xml," + quote("".join(svg.splitlines()), safe=" =:/'")
