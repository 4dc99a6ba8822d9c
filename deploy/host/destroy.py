"""The end of the data."""

import os
import sys

from host import command, compose, console, ground, volume
from host.command import Run
from host.trouble import Trouble


def destroy_data(confirm: str = "", run: Run = command.run) -> None:
    """Remove the containers and the database's volume, once the project's name has been said; all else stays.

    Raises:
        Trouble: The name was not said, or the engine does not do it.

    """
    config, place = ground.prepare(run)
    project, target = str(config["name"]), volume.name(config)
    if not volume.exists(config, run):
        console.say(f"There is no volume {target}: nothing to destroy.")
        return
    said = confirm or ask(f"This destroys {target}, the database and its snapshots. Say {project} to go on: ")
    if said != project:
        raise Trouble(f"Nothing was destroyed: the project is {project}, and {said!r} was said.", os.EX_USAGE)
    for words in (("compose", *compose.EVERY_PROFILE, "down", "--remove-orphans"), ("volume", "rm", target)):
        answer = run("docker", *words)
        if not answer.ok:
            raise Trouble(f"The volume {target} could not be destroyed: {answer.reason}")
    print(f"The volume {target} is gone. The backups stay, in {place}: `make restore` takes one back.")
    if "replica" in config["services"]:
        print("The replica stays, too: `COMPOSE_PROFILES=replica make up` restores what it holds.")


def ask(question: str) -> str:
    """Ask on the terminal.

    Raises:
        Trouble: There is none.

    """
    if not sys.stdin.isatty():
        raise Trouble(
            "This destroys the database: say the project's name, as in `make destroy-data CONFIRM=NAME`.", os.EX_USAGE
        )
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()
