"""The database of the stack exchanged for one that is staged, and back where the service does not come up with it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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
    with otherwise(lambda: go_back(before, run)):
        before.stop()
        console.say("Putting it in place of the database there is.")
        job.do("swap", run=run)
        if starts:
            before.start()
    with patience.asked("The new database is in place; wait until the last of it is done."):
        settle(run)


@contextmanager
def otherwise(go_back: Callable[[], str]) -> Iterator[None]:
    """Go back when the block fails or is interrupted, and add to the reason what has come of that.

    Raises:
        Trouble, KeyboardInterrupt: What has ended the block, with both in words.

    """
    try:
        yield
    except (Trouble, OSError) as cause:
        exit_code = cause.exit_code if isinstance(cause, Trouble) else os.EX_UNAVAILABLE
        raise Trouble(f"{cause}\n\n{go_back()}", exit_code) from cause
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"Interrupted. {go_back()}") from None


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
            return f"The database from before could not be put back; the next restore keeps it as a snapshot: {failure}"
        try:
            before.resume()
        except Trouble as failure:
            return f"{undone} But the stack does not run with it: {failure}"
        return f"{undone} The stack {'runs with it again' if before.are_up else 'is stopped, as it was'}."
