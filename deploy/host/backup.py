"""A backup of the database, also while it is in use."""

import os

from host import command, console, ground, images, job, volume
from host.command import Run
from host.trouble import Trouble


def backup(keep: str = "", keep_days: str = "", run: Run = command.run) -> None:
    """Make a backup that has been verified, and print what it is and where.

    Args:
        keep: How many are kept, all by default.
        keep_days: For how many days they are kept, for ever by default; the newest one always stays.
        run: Reaches the host.

    Raises:
        Trouble: There is nothing to back up, it is not sound, or there is no room.

    """
    limits = [*limit("KEEP", keep), *limit("KEEP_DAYS", keep_days)]
    config, place = ground.prepare(run)
    volume.check(config, "back up", run)
    images.check(config, run)
    console.say(f"Backing up to {place}; the service goes on meanwhile.")
    job.do("create", *limits, run=run)


def limit(name: str, value: str) -> list[str]:
    """Give a limit as the option that the command takes.

    Raises:
        Trouble: It is not a whole number above 0.

    """
    if not value:
        return []
    if not (value.isascii() and value.isdecimal() and int(value)):
        raise Trouble(f"{name} is {value!r}: give a whole number above 0, as in `make backup {name}=14`.", os.EX_USAGE)
    return [f"--{name.lower().replace('_', '-')}", value]
