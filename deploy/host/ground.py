"""What every verb about the data stands on."""

import os
from typing import Any

from host import backups, command, compose, engine, plugins
from host.command import Run

PROFILES = "COMPOSE_PROFILES"


def prepare(run: Run = command.run) -> tuple[dict[str, Any], str]:
    """Give what compose.yaml comes to with the profiles of all that runs, and the place of the backups in words.

    Raises:
        Trouble: The host lacks something, or the place cannot be had.

    """
    engine.check(run)
    plugins.ensure(run)
    everything = compose.config(run, *compose.EVERY_PROFILE)
    place = backups.prepare(everything)
    config = compose.config(run)
    present = {container.service for container in compose.containers(run)}
    if left_out := present.intersection(everything["services"]).difference(config["services"]):
        # Started with a profile that is not named now; it belongs to the stack all the same.
        wanted = left_out.union(config["services"])
        profiles = {profile for name in wanted for profile in everything["services"][name].get("profiles", ())}
        os.environ[PROFILES] = ",".join(sorted(profiles))
        config = compose.config(run)
    return config, place
