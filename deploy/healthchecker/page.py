"""The status page: what an operator leaves open on a second screen."""

import base64
import hashlib
from datetime import UTC, datetime
from pathlib import Path

import jinja2
from markupsafe import Markup

from healthchecker import __version__
from healthchecker.state import State
from healthchecker.status import Status

REFRESH_SECONDS = 5

SENTENCES = {
    State.UNKNOWN: "Nothing is known yet: waiting for a first good answer.",
    State.HEALTHY: "The API answers as it should.",
    State.SUSPECT: "A poll has failed. Polling faster, to see whether this lasts.",
    State.UNHEALTHY: "The API does not answer as it should.",
    State.RECOVERING: "The API answers again. Polling faster, to see whether this lasts.",
}


class Page:
    """Renders the status page; reads its template and style once, when made."""

    def __init__(self) -> None:
        here = Path(__file__).parent
        style = (here / "page.css").read_text(encoding="utf-8")
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        self.content_security_policy = (
            f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"
        )
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(here),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters |= {"moment": moment, "duration": duration}
        environment.globals |= {
            "style": Markup(style),  # noqa: S704 - our own file
            "sentences": SENTENCES,
            "refresh_seconds": REFRESH_SECONDS,
            "version": __version__,
        }
        self._template = environment.get_template("page.html.j2")

    def render(self, status: Status) -> str:
        """Give the page, as HTML."""
        lasted = (datetime.now(UTC) - status.since).total_seconds()
        return self._template.render(status=status, verdict=status.verdict, tick=status.tick, lasted=lasted)


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
