"""A rehearsal of the loss of everything: a throw-away stack is filled, backed up, destroyed, restored and compared."""

import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from host import backup, command, compose, console, destroy, engine, ground, images, job, patience, plugins, restore, up
from host.command import Run
from host.filling import Filling, stored
from host.trouble import Trouble

TASKS = 3000
FILL_SECONDS = 60
REMOVALS = 10
AFTER = 300  # tasks that are written after the backup and so are lost
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

# It tells nobody of its outage, takes no port that is in use, and starts no more than it needs.
QUIET = (
    "HEALTHCHECKER_NOTIFY_URLS",
    "HEALTHCHECKER_NOTIFY_URLS_FILE",
    "HEALTHCHECKER_HEARTBEAT_URL",
    "HEALTHCHECKER_HEARTBEAT_URL_FILE",
    "COMPOSE_PROFILES",
)
PORTS = ("API_PORT", "STATUS_PORT")


@dataclass(frozen=True)
class Rehearsal:
    """What was seen.

    Attributes:
        promised: The tasks that were acknowledged before the backup began.
        later: Those that were acknowledged since.
        restored: What the restored database holds.
        seconds_lost: From the beginning of the backup to the last acknowledgement.
        seconds_down: From the beginning of the restore until the stack was healthy.
        digests: Of the content: as the backup says, and as the restored database has it.

    """

    promised: dict[int, str]
    later: dict[int, str]
    restored: dict[int, str]
    seconds_lost: float
    seconds_down: float
    digests: tuple[str, str]

    @property
    def missing(self) -> list[str]:
        """Tasks that had been promised to be kept and are not there."""
        return [name for number, name in self.promised.items() if self.restored.get(number) != name]

    @property
    def fault(self) -> str | None:
        """What did not hold."""
        if self.missing:
            return f"{len(self.missing)} of {len(self.promised)} tasks are lost, the first of them {self.missing[0]}"
        if self.digests[0] != self.digests[1]:
            return f"the backup has the content {self.digests[0]}, and the restored database {self.digests[1]}"
        return None

    @property
    def table(self) -> str:
        """All of it, for the terminal."""
        lost = sum(self.restored.get(number) != name for number, name in self.later.items())
        rows = (
            ("before the backup", f"{len(self.promised)} tasks acknowledged, {len(self.missing)} of them lost"),
            ("content", "equal in backup and database" if self.digests[0] == self.digests[1] else "differs"),
            ("recovery point", f"{lost} tasks that were acknowledged later are lost, {self.seconds_lost:.1f} s"),
            ("recovery time", f"{self.seconds_down:.1f} s from an engine without a volume to a healthy stack"),
        )
        return "\n".join(f"{title:19}{said}" for title, said in rows)


def drill(run: Run = command.run) -> None:
    """Rehearse, print what was seen, and leave nothing behind.

    Raises:
        Trouble: A step failed, or an acknowledged task from before the backup is not there.

    """
    engine.check(run)
    plugins.ensure(run)
    with throw_away_stack(run) as project:
        config, _ = ground.prepare(run)
        images.ensure(config, run)
        seen = rehearse(project, run)
    print(seen.table, flush=True)
    if seen.fault:
        raise Trouble(f"The drill failed: {seen.fault}.", os.EX_SOFTWARE)
    console.say("The drill succeeded, and nothing of it is left.")


@contextmanager
def throw_away_stack(run: Run = command.run) -> Iterator[str]:
    """Make every command from here on one of a stack of its own, give its name, and remove all of it at the end."""
    project = "-".join(filter(None, (os.environ.get("COMPOSE_PROJECT_NAME"), f"drill-{os.getpid()}")))
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="drill-") as folder:
        os.environ.update(dict.fromkeys(QUIET, "") | dict.fromkeys(PORTS, "0"))
        os.environ.update({"COMPOSE_PROJECT_NAME": project, "BACKUP_DIR": f"{folder}/backups"})
        try:
            yield project
        finally:
            with patience.asked("The stack of the drill is being removed; wait until that is done."):
                remove(project, run)
                os.environ.clear()
                os.environ.update(before)


def remove(project: str, run: Run = command.run) -> None:
    """Remove all of a stack, also what the engine is still making for a command that was interrupted."""
    ours = ("--quiet", "--filter", f"label=com.docker.compose.project={project}")
    kinds = (("ps", "--all"), ("volume", "ls"), ("network", "ls"))
    for _ in range(REMOVALS):
        if containers := run("docker", "ps", "--all", *ours).out.split():
            run("docker", "rm", "--force", *containers)
        run("docker", "compose", "down", "--volumes", "--remove-orphans", "--timeout", "0")
        if not any(run("docker", *kind, *ours).out.strip() for kind in kinds):
            return
        time.sleep(0.5)
    console.say(f"The engine does not let go of all that the drill made: `docker compose -p {project} down -v` does.")


def rehearse(project: str, run: Run = command.run) -> Rehearsal:
    """Fill, back up while it is being filled, destroy, restore, and look.

    Raises:
        Trouble: A step failed.

    """
    up.start(run=run)
    with Filling(address(run)) as filling:
        if not filling.reach(TASKS, FILL_SECONDS):
            raise Trouble(f"The API took only {len(filling.acknowledged)} of {TASKS} tasks in {FILL_SECONDS} s.")
        promised, began = dict(filling.acknowledged), time.monotonic()
        backup.backup(run=run)
        filling.reach(len(filling.acknowledged) + AFTER, FILL_SECONDS)
    later = {number: written for number, written in filling.acknowledged.items() if number not in promised}
    destroy.destroy_data(confirm=project, run=run)
    lost_at = max((at for _, at in later.values()), default=began)
    down = time.monotonic()
    restore.restore("latest", run=run)
    seconds_down = time.monotonic() - down
    return Rehearsal(
        promised={number: name for number, (name, _) in promised.items()},
        later={number: name for number, (name, _) in later.items()},
        restored=stored(address(run)),
        seconds_lost=lost_at - began,
        seconds_down=seconds_down,
        digests=(digest("latest", run=run), digest(run=run)),
    )


def digest(*words: str, run: Run = command.run) -> str:
    """Give the hash of all content, of a backup or of the database.

    Raises:
        Trouble: It is not well, or there is no hash.

    """
    found = DIGEST.search(job.ask("verify", *words, run=run))
    if not found:
        raise Trouble("The drill failed: the verification gives no hash of the content.", os.EX_SOFTWARE)
    return found[0]


def address(run: Run = command.run) -> str:
    """Give where the API answers."""
    return next(container.url for container in compose.containers(run) if container.service == "api")
