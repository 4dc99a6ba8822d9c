"""A look at every row of a backup, or of the live database."""

from host import command, console, ground, images, job, sources, volume
from host.command import Run


def verify(source: str = "", run: Run = command.run) -> None:
    """Print a table of what is found.

    Args:
        source: A file, the name of a backup, or `latest`; the live database by default.
        run: Reaches the host.

    Raises:
        Trouble: It is damaged, cannot be read, or is not there.

    """
    config, _ = ground.prepare(run)
    images.check(config, run)
    if not source:
        volume.check(config, "verify", run)
        console.say("Verifying the live database.")
        job.do("verify", run=run)
        return
    with sources.opened(source) as (word, file):
        console.say(f"Verifying {source}.")
        job.do("verify", word, stdin=file, run=run)
