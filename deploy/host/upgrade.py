"""The next version of the service, and back where it does not come up."""

import os
from typing import Any

from host import command, console, ground, images, job, patience, up, volume
from host.command import Run
from host.exchange import otherwise, settle
from host.services import Services
from host.stand import Stand
from host.trouble import Trouble

WAIT = "The version from before is being put back; wait until that is done."


def upgrade(run: Run = command.run) -> None:
    """Back up, get the new images, start them and wait until all is well; else put the old ones back.

    Raises:
        Trouble: There is nothing to upgrade, no backup could be made, or the new version does not come up.

    """
    config, _ = ground.prepare(run)
    volume.check(config, "upgrade", run)
    images.check(config, run)
    before = Services.now(config, run)
    up.check_ports(run)
    console.say("Backing up before the upgrade.")
    job.do("create", run=run)
    images.keep(before.images, run)
    with otherwise(lambda: go_back(config, before, run)):
        images.renew(config, run)
        up.start(run=run)
    print(up.report(run), flush=True)


def go_back(config: dict[str, Any], before: Services, run: Run = command.run) -> str:
    """Put the old images back, and the snapshot where the new version has migrated the database; say how it went."""
    with patience.asked(WAIT):
        if images.in_use(config, run) == before.images:
            before.put_images_back()
            return "The version from before was not touched."
        console.say("Putting the version from before back.")
        try:
            before.stop()
            before.put_images_back()
            database = put_database_back(run)
            before.resume()
            if database:
                settle(run)
        except Trouble as failure:
            return f"The version from before could not be put back either: {failure}"
        state = f"{database}, and {'runs again' if before.are_up else 'is stopped, as it was'}"
        return f"The version from before is in place{state}; the next `make up` builds what is checked out."


def put_database_back(run: Run = command.run) -> str:
    """Put the snapshot from before the migration in place where the old version does not know the schema.

    Raises:
        Trouble: There is no such snapshot, or it cannot be put in place.

    """
    stand = Stand.now(run)
    if stand.revision in (None, stand.needed):  # what cannot be read is for the old version to tell of
        return ""
    snapshot = stand.fitting_snapshot
    if snapshot is None:
        raise Trouble(
            f"the database has revision {stand.revision}, the version from before needs {stand.needed}, and there is "
            "no snapshot of that: `make restore FROM=latest STOP=1` takes the backup from before the upgrade.",
            os.EX_DATAERR,
        )
    job.do("stage", "--snapshot", snapshot, run=run)
    job.do("swap", run=run)
    return f" with the snapshot {snapshot} from before the migration"
