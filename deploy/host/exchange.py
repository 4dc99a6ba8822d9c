"""The database of the stack exchanged for one that is staged, and back where the service does not come up with it."""

import os

from host import command, console, job, patience
from host.command import Run
from host.services import Services
from host.trouble import Trouble


def exchange(before: Services, run: Run = command.run, *, starts: bool = True) -> None:
    """Put the staged database in place and start the services with it; on any failure, put the old one back.

    Args:
        before: The services that ran, which run again afterwards in any case.
        run: Reaches the host.
        starts: Whether the services are started with the new one.

    Raises:
        Trouble: The old database is in place, and runs again if it did before.
        KeyboardInterrupt: The same, after a Ctrl-C.

    """
    try:
        before.stop()
        console.say("Putting it in place of the database there is.")
        job.do("swap", run=run)
        if starts:
            before.start()
    except (Trouble, OSError) as cause:
        raise Trouble(f"{cause}\n\n{go_back(before, run)}", getattr(cause, "exit_code", os.EX_UNAVAILABLE)) from cause
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"Interrupted. {go_back(before, run)}") from None
    with patience.asked("The new database is in place; wait until the last of it is done."):
        settle(run)


def settle(run: Run = command.run) -> None:
    """Keep what was replaced as a snapshot.

    Raises:
        Trouble: That failed, which takes nothing back.

    """
    try:
        job.do("settle", run=run)
    except Trouble as failure:
        raise Trouble(
            "The new database is in place. The one from before is not a snapshot yet, and the next restore tries that "
            f"again: {failure}",
            failure.exit_code,
        ) from failure


def go_back(before: Services, run: Run = command.run) -> str:
    """Put the old database back and start what ran with it; give what has come of that in words."""
    with patience.asked("The database from before is being put back; wait until that is done."):
        console.say("Putting the database from before back.")
        try:
            before.stop()
            before.put_images_back()
            undone = job.ask("undo", run=run).strip()
        except Trouble as failure:
            return f"The database from before could not be put back, `make rollback LIST=1` shows it: {failure}"
        try:
            before.resume()
        except Trouble as failure:
            return f"{undone} But the stack does not run with it: {failure}"
        return f"{undone} The stack {'runs with it again' if before.are_up else 'is stopped, as it was'}."
