"""The way back to a snapshot of the database, with the version of the service that it belongs to."""

import os
from typing import Any, NoReturn

from host import command, console, ground, images, job, up, volume
from host.command import Run
from host.exchange import exchange
from host.services import Services
from host.stand import Stand, revision_of
from host.trouble import Trouble


def rollback(to: str = "", only_list: str = "", run: Run = command.run) -> None:
    """Put a snapshot in place of the database, and start the version of the service that needs its schema.

    Args:
        to: The snapshot's name, the newest by default.
        only_list: Whether to list the snapshots and do nothing.
        run: Reaches the host.

    Raises:
        Trouble: There is no such snapshot, or no version here that needs its schema: then the API is left stopped.

    """
    config, _ = ground.prepare(run)
    volume.check(config, "roll back", run)
    images.check(config, run)
    stand = Stand.now(run)
    if only_list not in {"", "0"}:
        print(table(stand), flush=True)
        return
    name = choose(stand, to)
    before = Services.now(config, run)
    up.check_ports(run)
    console.say(f"Going back to the snapshot {name}.")
    job.do("stage", "--snapshot", name, run=run)
    if not take_version(config, stand, name, before, run):
        leave_stopped(before, name, stand, run)
    exchange(before, run)
    print(up.report(run), flush=True)
    if stand.needed != revision_of(name):
        console.say(
            "This is the version from before the last upgrade: check its code out before the next `make up`, which "
            "builds what is checked out."
        )


def table(stand: Stand) -> str:
    """List the snapshots with the revision of each."""
    if not stand.snapshots:
        return "There is no snapshot: one is taken before each migration of the database."
    rows = [f"{name:44}revision {revision_of(name)}" for name in stand.snapshots]
    return "\n".join([*rows, f"The database has revision {stand.revision}, and this version needs {stand.needed}."])


def choose(stand: Stand, to: str) -> str:
    """Give the snapshot that is meant.

    Raises:
        Trouble: There is none.

    """
    if not stand.snapshots:
        raise Trouble(
            "There is no snapshot: one is taken before each migration of the database. `make restore FROM=latest` "
            "takes the newest backup.",
            os.EX_NOINPUT,
        )
    if to and to not in stand.snapshots:
        raise Trouble(f"There is no snapshot {to!r}: `make rollback LIST=1` lists them.", os.EX_NOINPUT)
    return to or stand.snapshots[0]


def take_version(config: dict[str, Any], stand: Stand, snapshot: str, before: Services, run: Run = command.run) -> bool:
    """Put the version of the service in use that needs the schema of a snapshot, and tell whether there is one here."""
    revision = revision_of(snapshot)
    if stand.needed == revision:
        return True
    previous = images.previous(config, run)
    if not previous:
        return False
    fits = False
    try:
        images.name(previous, run)
        fits = Stand.now(run).needed == revision
    finally:
        if not fits:
            before.put_images_back()
    if fits:
        console.say("Taking the version from before the last upgrade, which needs its schema.")
    return fits


def leave_stopped(before: Services, snapshot: str, stand: Stand, run: Run = command.run) -> NoReturn:
    """Put the snapshot in place for a version that is not here.

    Raises:
        Trouble: Always: it says why nothing was started.

    """
    exchange(before, run, starts=False)
    raise Trouble(
        f"The snapshot {snapshot} is in place, and the API is left stopped: this version would migrate it to "
        f"{stand.needed} at once. Check out the version that needs {revision_of(snapshot)} and run `make up`; or, to "
        "go on with this one, run `make up` now."
    )
