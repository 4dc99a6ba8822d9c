"""Carries a message to the channels, in a process of its own that is gone after each attempt."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from healthchecker.channel import Channel
from healthchecker.message import Message

DEADLINE = 10.0
CHECK_DEADLINE = 30.0

Errors = dict[int, str | None]


async def carry(channels: Iterable[Channel], message: Message, deadline: float = DEADLINE) -> Errors:
    """Make one attempt to deliver to all channels at once.

    Gives for each channel's number None when it accepted, and otherwise one sentence without secrets. It does not
    raise, and ends after `deadline` seconds, when whoever has not answered has failed.
    """
    channels = list(channels)
    answers: Errors = {}
    missing = "The delivery broke off."
    try:
        await _ask(channels, message, deadline, answers)
    except TimeoutError:
        missing = "The receiver did not answer in time."
    except OSError as error:
        missing = f"The delivery could not be started: {os.strerror(error.errno or 0)}."
    except Exception as error:  # noqa: BLE001 - whatever went wrong, it is a failed attempt and not the last one
        missing = f"The delivery broke off ({type(error).__name__})."
    return {channel.number: answers.get(channel.number, missing) for channel in channels}


def unknown(channels: Collection[Channel]) -> set[int]:
    """Give the numbers of the channels whose URLs Apprise does not know; for use outside of an event loop."""
    answers: Errors = {}
    if channels:
        with suppress(OSError):  # says nothing about the URLs; the first delivery will tell
            asyncio.run(_ask(channels, None, CHECK_DEADLINE, answers))
    return {number for number, error in answers.items() if error}


async def _ask(channels: Iterable[Channel], message: Message | None, deadline: float, answers: Errors) -> None:
    """Put each answer into `answers` as it comes: those that came in time count, whatever comes after."""
    urls = {channel.number: channel.url.get_secret_value() for channel in channels}
    request = json.dumps({"channels": urls, "message": message and message.model_dump()})
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "healthchecker.deliver",
        stdin=asyncio.subprocess.PIPE,  # for the secrets: others on the machine can read arguments
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=Path(__file__).parents[1],
        env={name: value for name, value in os.environ.items() if not name.startswith("HEALTHCHECKER_")},
    )
    try:
        async with asyncio.timeout(deadline):
            async for answer in _converse(process, request):
                answers[answer["channel"]] = answer["error"]
    except BaseException:
        # Only here: to kill what is ending anyway would take its exit code away from asyncio, which complains of that.
        with suppress(ProcessLookupError):
            process.kill()
        raise
    finally:
        await process.communicate()  # to the end of its pipes, so that nothing of it stays behind


async def _converse(process: asyncio.subprocess.Process, request: str) -> AsyncIterator[dict[str, Any]]:
    assert process.stdin  # noqa: S101 - both are pipes, as asked for
    assert process.stdout  # noqa: S101
    process.stdin.write(request.encode())
    process.stdin.close()
    async for line in process.stdout:
        yield json.loads(line)
