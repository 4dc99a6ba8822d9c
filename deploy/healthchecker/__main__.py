"""The command line: `healthchecker` watches until it is stopped; its other commands ask or try something once."""

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from contextlib import suppress

from healthchecker import __version__, courier, message, service
from healthchecker.channel import EXAMPLE, VARIABLE
from healthchecker.probe import Probe
from healthchecker.settings import ConfigurationError, Settings, load_settings
from healthchecker.status import cause_as_json


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code.

    0: stopped as asked, the target is healthy, or the test message was accepted; 1: not so; 69: nothing can listen on
    the port, or no running healthchecker answers; 70: the loop has ended by a bug; 78: the configuration is wrong.
    """
    parser = argparse.ArgumentParser(prog="healthchecker", description="Watches the API from beside it.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND")
    commands.add_parser("run", help="poll until stopped, and serve the status page (the default)")
    for name, help_ in (
        ("check", "poll once and print the verdict: 0 healthy, 1 not"),
        ("status", "ask the running healthchecker: 0 healthy, 1 not, 69 it does not answer"),
    ):
        commands.add_parser(name, help=help_).add_argument("--json", action="store_true", help="print JSON")
    commands.add_parser("watch", help="show live what the running healthchecker sees")
    commands.add_parser("notify-test", help=f"send a message to every URL of {VARIABLE}: 0 all accepted it, 1 not")
    chosen = parser.parse_args(arguments)
    with suppress(KeyboardInterrupt):
        try:
            # Asking Apprise about the URLs takes a second, so it is done where they are used.
            tells_people = chosen.command in {None, "run", "notify-test"}
            settings = load_settings(courier.unknown) if tells_people else load_settings()
        except ConfigurationError as error:
            print(error, file=sys.stderr)
            return os.EX_CONFIG
        asyncio.run(_and_leave(_work(chosen, settings)))
    return 128 + signal.SIGINT


def _work(chosen: argparse.Namespace, settings: Settings) -> Coroutine[None, None, int]:
    match chosen.command:
        case "check":
            return check(settings, as_json=chosen.json)
        case "notify-test":
            return notify_test(settings)
        case "status" | "watch":
            # Here, as what draws in a terminal is not for the memory of the server.
            from healthchecker import terminal  # noqa: PLC0415

            if chosen.command == "watch":
                return terminal.watch(settings)
            return terminal.status(settings, as_json=chosen.json)
    return service.run(settings)


async def check(settings: Settings, *, as_json: bool) -> int:
    """Poll once, print the verdict in one line, and give the exit code."""
    poll = await Probe(settings)()
    if as_json:
        verdict = {"ok": poll.verdict.ok, "detail": poll.verdict.detail, **cause_as_json(poll.verdict)}
        print(json.dumps({"target": settings.target_url, **verdict, "duration_ms": round(poll.duration * 1000, 1)}))
        return os.EX_OK if poll.verdict.ok else 1
    if poll.verdict.ok:
        print(f"healthy: {settings.target_url} answered 200 in {poll.duration * 1000:.0f} ms")
        return os.EX_OK
    print(f"unhealthy: {poll.verdict}")
    return 1


async def notify_test(settings: Settings) -> int:
    """Send a test message to every channel, print a line for each, and give the exit code."""
    channels = settings.channels
    if not channels:
        advice = f"Set it to the Apprise URLs of those to tell of an outage, for example {VARIABLE}={EXAMPLE}"
        print(f"configuration error: {VARIABLE} is not set. {advice}", file=sys.stderr)
        return os.EX_CONFIG
    errors = await courier.carry(channels, message.trial())
    for channel in channels:
        error = errors[channel.number]
        print(f"{channel}: " + (f"not accepted. {error}" if error else "accepted."))
    return int(any(errors.values()))


async def _and_leave(work: Coroutine[None, None, int]) -> None:
    """End the process with the exit code of `work`, without the interpreter's farewell.

    A name lookup that hangs sits in a thread that nothing can interrupt; a clean end would wait for it, long after the
    deadline of the poll.
    """
    code = await work
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    raise SystemExit(main())
