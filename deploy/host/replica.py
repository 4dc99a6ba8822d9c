"""The replica that `.env` or the environment describes."""

from host import command, compose
from host.command import Run

UNSET = {"REPLICA_URL": "file:///replica", "REPLICA_SYNC": "0"}  # what compose.yaml makes of them then


def described_by(run: Run = command.run) -> str | None:
    """Give the variable that somebody has set for a replica, none where nobody has asked for one.

    Raises:
        Trouble: Compose cannot make sense of its configuration.

    """
    environment = compose.config(run, *compose.EVERY_PROFILE)["services"]["replica"]["environment"]
    return next((name for name, value in UNSET.items() if environment[name] != value), None)
