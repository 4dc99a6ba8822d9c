"""The status page: what an operator leaves open on a second screen."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from markupsafe import Markup

from healthchecker import __version__, chart
from healthchecker.copies import Backup, Replica
from healthchecker.history import History
from healthchecker.monitor import Transition
from healthchecker.neighbours import Neighbours
from healthchecker.state import State
from healthchecker.status import Status
from healthchecker.templates import TONES, environment

REFRESH_SECONDS = 5
SHOWN_TRANSITIONS = 12

SENTENCES = {
    State.UNKNOWN: "Nothing is known yet: waiting for a first good answer.",
    State.HEALTHY: "The API answers as it should.",
    State.SUSPECT: "A poll has failed. Polling faster, to see whether this lasts.",
    State.UNHEALTHY: "The API does not answer as it should.",
    State.RECOVERING: "The API answers again. Polling faster, to see whether this lasts.",
}

PLACES = {"file": "in files", "s3": "in object storage (S3)"}


class Page:
    """Renders the status page; reads its template, style and script once, when made."""

    def __init__(self) -> None:
        here = Path(__file__).parent
        tones = "".join(f"--{state}: {tone}; " for state, tone in TONES.items())
        style = f":root {{ {tones}}}\n" + (here / "page.css").read_text(encoding="utf-8")
        script = (here / "page.js").read_text(encoding="utf-8")
        self.content_security_policy = (
            f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; connect-src 'self'; "
            "img-src data: 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        templates = environment()
        templates.globals |= {
            "style": Markup(style),  # noqa: S704 - our own file
            "script": Markup(script),  # noqa: S704 - the same
            "sentences": SENTENCES,
            "places": PLACES,
            "refresh_seconds": REFRESH_SECONDS,
            "version": __version__,
        }
        self._template = templates.get_template("page.html.j2")

    def render(self, status: Status, history: History, neighbours: Neighbours) -> str:
        """Give the page, as HTML."""
        now, parts = datetime.now(UTC), history.bar()
        return self._template.render(
            now=now,
            status=status,
            stalled=status.stalled_seconds,
            verdict=status.verdict,
            tick=status.tick,
            history=history,
            columns=chart.columns(parts),
            summary=chart.summary(parts),
            backup=Backup.of(neighbours.backup, now),
            replica=Replica.of(neighbours.replica),
            line=chart.line(history.sparkline()),
            stays=list(stays(history.transitions[:SHOWN_TRANSITIONS], now)),
        )


def stays(transitions: Sequence[Transition], now: datetime) -> Iterator[tuple[Transition, float | None]]:
    """Give for each change, newest first, how many seconds the new state lasted, or has so far.

    None where nobody saw its end, because the healthchecker was not running.
    """
    later: Transition | None = None
    for change in transitions:
        if later is None:
            yield change, (now - change.at).total_seconds()
        else:
            yield change, later.lasted if later.before is change.after else None
        later = change


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
