"""The badge for READMEs and dashboards: the state in one small picture."""

from healthchecker.state import State
from healthchecker.status import Status
from healthchecker.templates import environment

# Pixels, as measured in DejaVu Sans 11; the picture stretches whatever font it gets to them.
WIDTHS = {
    "API": 18,
    State.HEALTHY: 42,
    State.SUSPECT: 43,
    State.UNHEALTHY: 56,
    State.RECOVERING: 59,
    State.UNKNOWN: 50,
}


class Badge:
    """Renders the badge; reads its template once, when made."""

    def __init__(self) -> None:
        self._template = environment().get_template("badge.svg.j2")

    def render(self, status: Status) -> str:
        """Give the badge, as SVG; what is out of date is unknown."""
        state = State.UNKNOWN if status.stalled_seconds else status.state
        return self._template.render(label="API", state=state, widths=WIDTHS)
