"""What the running healthchecker knows, drawn for a person at a terminal."""

import asyncio
import json
import os
import sys
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from healthchecker.ask import NoAnswerError, Picture, ask
from healthchecker.settings import Settings
from healthchecker.state import State
from healthchecker.templates import MARKS
from healthchecker.words import duration, moment

LOOK_SECONDS = 1.0
SHOWN_POLLS = 15
SHOWN_TRANSITIONS = 5
COPIES = ("backup", "replica")

COLOURS = {
    State.UNKNOWN: "dim",
    State.HEALTHY: "green",
    State.SUSPECT: "yellow",
    State.UNHEALTHY: "red",
    State.RECOVERING: "cyan",
}


async def status(settings: Settings, *, as_json: bool) -> int:
    """Print once what the running healthchecker knows, and give the exit code."""
    try:
        picture = await ask(settings)
    except NoAnswerError as error:
        print(error, file=sys.stderr)
        return os.EX_UNAVAILABLE
    if as_json:
        print(json.dumps(picture))
    else:
        Console(highlight=False).print(draw(picture))
    return os.EX_OK if picture["state"] == State.HEALTHY else 1


async def watch(settings: Settings) -> int:
    """Show every poll of the running healthchecker until interrupted: in a live table, or else in a line each."""
    console = Console(highlight=False)
    polls: deque[Picture] = deque(maxlen=SHOWN_POLLS)
    try:
        picture = await ask(settings)
        with Live(console=console, auto_refresh=False, screen=console.is_terminal) as table:
            while True:
                is_new = _take(picture["last_poll"], polls)
                if console.is_terminal:
                    lines = [draw_poll(poll) for poll in reversed(polls)]
                    table.update(Group(draw(picture), "", *lines), refresh=True)
                elif is_new:
                    console.print(draw_poll(polls[-1]), soft_wrap=True)
                await asyncio.sleep(LOOK_SECONDS)
                picture = await ask(settings)
    except NoAnswerError as error:
        print(error, file=sys.stderr)
        return os.EX_UNAVAILABLE


def draw(picture: Picture) -> Group:
    """Draw the whole picture: the state, what is wrong, what to do, and how it has been."""
    state = State(picture["state"])
    since = datetime.fromisoformat(picture["since"])
    head = Text(f"{MARKS[state]} {state}", style=f"bold {COLOURS[state]}")
    head.append(
        f"  for {duration((datetime.now(UTC) - since).total_seconds())}, since {moment(since)}", "not bold default"
    )
    facts = Table.grid(padding=(0, 2))
    for name, said in _facts(picture):
        facts.add_row(Text(name, "dim"), Text(said))
    return Group(head, facts)


def draw_poll(poll: Picture) -> Text:
    """Draw one poll in one line."""
    at = datetime.fromisoformat(poll["at"])
    said = f"ok in {poll['duration_ms']:.0f} ms" if poll["ok"] else f"{_words(poll)}: {poll['title'] or poll['detail']}"
    return Text.assemble((f"{at:%H:%M:%S}  ", "dim"), (said, "default" if poll["ok"] else "red"))


def _take(poll: Picture | None, polls: deque[Picture]) -> bool:
    is_new = poll is not None and (not polls or poll["at"] != polls[-1]["at"])
    if poll is not None and is_new:
        polls.append(poll)
    return is_new


def _facts(picture: Picture) -> Iterator[tuple[str, str]]:
    yield "target", picture["target"]
    poll = picture["last_poll"]
    if poll and not poll["ok"]:
        yield "what is wrong", f"{poll['title'] or poll['detail']} ({_words(poll)})"
        yield "what to do", poll["remedy"] or "-"
    yield "polls", f"{picture['polls']['total']}, of which {picture['polls']['failed']} failed"
    for name in COPIES:
        if copy := picture[name]:
            yield name, " ".join(filter(None, (copy["trouble"], copy["detail"], copy["last_error"])))
    for change in picture["transitions"][:SHOWN_TRANSITIONS]:
        why = f": {change['title'] or change['reason']}" if change["reason"] else ""
        lasted = f"after {duration(change['after_seconds'])} {change['from']}"
        yield moment(datetime.fromisoformat(change["at"])), f"{change['to']}, {lasted}{why}"


def _words(cause: Picture) -> str:
    return " ".join(str(cause[key]) for key in ("reason", "http_status", "code") if cause[key])
