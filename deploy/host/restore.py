"""A database from a backup or from the replica, in place of the one there is."""

import os
from datetime import datetime

from host import command, console, ground, images, job, sources, up
from host.command import Run
from host.exchange import exchange
from host.services import Services
from host.trouble import Trouble

REPLICA = "replica"


def restore(source: str = "", at: str = "", stop: str = "", run: Run = command.run) -> None:
    """Restore, start, wait until healthy, and print where the stack answers; any failure leaves the old database.

    Args:
        source: A file, the name of a backup, `latest`, or `replica`.
        at: The time to go back to, with a replica; its newest by default.
        stop: Whether a running API may be stopped for it.
        run: Reaches the host.

    Raises:
        Trouble: The API runs, the backup is no good, or the service does not come up with it.

    """
    check_words(source, at)
    config, _ = ground.prepare(run)
    if source == REPLICA and REPLICA not in config["services"]:
        raise Trouble(
            "The replica is not a part of the stack: say `make restore FROM=replica COMPOSE_PROFILES=replica`, and "
            "REPLICA_URL where it is not the usual one.",
            os.EX_USAGE,
        )
    before = Services.now(config, run)
    if before.are_up and stop in {"", "0"}:
        raise Trouble(
            f"The API runs, and what is written until it stops would be lost: `make restore FROM={source} STOP=1` "
            "stops it, when the backup has proved good, and starts it again.",
            os.EX_TEMPFAIL,
        )
    images.ensure(config, run)
    up.check_ports(run)
    stage(source, at, run)
    exchange(before, run)
    print(up.report(run), flush=True)


def check_words(source: str, at: str) -> None:
    """Make sure that it is said what to restore.

    Raises:
        Trouble: It is not.

    """
    if not source:
        raise Trouble(
            "Say what to restore: `make restore FROM=latest`, the name of a backup, a file, or FROM=replica.",
            os.EX_USAGE,
        )
    if not at:
        return
    if source != REPLICA:
        raise Trouble(f"AT={at} goes with FROM=replica: a backup is of one time, which is in its name.", os.EX_USAGE)
    try:
        datetime.fromisoformat(at)
    except ValueError:
        raise Trouble(f"AT={at} is no time: write it as in AT=2026-01-31T12:00:00Z.", os.EX_USAGE) from None


def stage(source: str, at: str, run: Run = command.run) -> None:
    """Bring the database beside the one there is, and verify it, which changes nothing else.

    Raises:
        Trouble: It is no good, or there is no room.

    """
    console.say(f"Bringing the database of {source}{at and f' at {at}'} beside the one there is, and verifying it.")
    if source == REPLICA:
        job.do("stage", "--replica", *(("--at", at) if at else ()), service=REPLICA, run=run)
        return
    with sources.opened(source) as (word, file):
        job.do("stage", word, stdin=file, run=run)
