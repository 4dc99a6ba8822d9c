"""The command line: `healthchecker` watches until it is stopped, `healthchecker check` polls once."""

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from contextlib import suppress

import structlog

from healthchecker import __version__
from healthchecker.history import History
from healthchecker.logs import Journal, configure_logs
from healthchecker.monitor import Monitor
from healthchecker.probe import Probe
from healthchecker.server import Server
from healthchecker.settings import ConfigurationError, Settings, load_settings
from healthchecker.snapshot import Snapshot
from healthchecker.status import Status, cause_as_json


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code.

    0: stopped as asked, or the target is healthy; 1: `check` found it unhealthy; 69: nothing can listen on the port;
    70: the loop has ended by a bug; 78: the configuration is wrong.
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
    chosen = parser.parse_args(arguments)
    try:
        settings = load_settings()
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return os.EX_CONFIG
    match chosen.command:
        case "check":
            work = check(settings, as_json=chosen.json)
        case "status" | "watch":
            # Here, as what draws in a terminal is not for the memory of the server.
            from healthchecker import terminal  # noqa: PLC0415

            work = (
                terminal.watch(settings)
                if chosen.command == "watch"
                else terminal.status(settings, as_json=chosen.json)
            )
        case _:
            work = run(settings)
    with suppress(KeyboardInterrupt):
        asyncio.run(_and_leave(work))
    return 128 + signal.SIGINT


async def run(settings: Settings) -> int:
    """Poll and serve until SIGTERM or SIGINT; give the exit code."""
    configure_logs()
    log = structlog.get_logger()
    status = Status(settings)
    snapshot = Snapshot(settings.history_path, settings.target_url)
    history = snapshot.restore("history", History.from_json, History)
    monitor = Monitor(settings, Probe(settings), [status.update, history.add, snapshot.note, Journal().write])
    try:
        server = await Server(status, history, snapshot).start(settings.host, settings.port)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        print(
            f"cannot listen on {settings.host} port {settings.port}: {why}. "
            "Set HEALTHCHECKER_HOST and HEALTHCHECKER_PORT to an address and a port that are free",
            file=sys.stderr,
        )
        return os.EX_UNAVAILABLE
    polling = asyncio.create_task(monitor.run())
    saving = asyncio.create_task(snapshot.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, polling.cancel)
    log.info("started", target=settings.target_url, host=settings.host, port=settings.port, version=__version__)
    try:
        await polling
    except asyncio.CancelledError:
        log.info("stopped")
    except Exception:
        log.exception("loop_ended")
        return os.EX_SOFTWARE
    finally:
        saving.cancel()
        await snapshot.save_last()
        await server.cleanup()
    return os.EX_OK


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
