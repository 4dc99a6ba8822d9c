"""The command line: `healthchecker` watches until it is stopped, `healthchecker check` polls once."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from contextlib import suppress

import structlog

from healthchecker import __version__
from healthchecker.logs import Journal, configure_logs
from healthchecker.monitor import Monitor
from healthchecker.probe import Probe
from healthchecker.server import Server
from healthchecker.settings import ConfigurationError, Settings, load_settings
from healthchecker.status import Status


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code.

    0: stopped as asked, or the target is healthy; 1: `check` found it unhealthy; 69: nothing can listen on the port;
    70: the loop has ended by a bug; 78: the configuration is wrong.
    """
    parser = argparse.ArgumentParser(prog="healthchecker", description="Watches the API from beside it.")
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument(
        "command",
        nargs="?",
        choices=["run", "check"],
        default="run",
        help="run (the default): poll until stopped and serve the status page; check: poll once and print the verdict",
    )
    command = parser.parse_args(arguments).command
    try:
        settings = load_settings()
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return os.EX_CONFIG
    work = check(settings) if command == "check" else run(settings)
    with suppress(KeyboardInterrupt):
        asyncio.run(_and_leave(work))
    return 128 + signal.SIGINT


async def run(settings: Settings) -> int:
    """Poll and serve until SIGTERM or SIGINT; give the exit code."""
    configure_logs()
    log = structlog.get_logger()
    status = Status(settings)
    monitor = Monitor(settings, Probe(settings), [status.update, Journal().write])
    try:
        server = await Server(status).start(settings.host, settings.port)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        print(
            f"cannot listen on {settings.host} port {settings.port}: {why}. "
            "Set HEALTHCHECKER_HOST and HEALTHCHECKER_PORT to an address and a port that are free",
            file=sys.stderr,
        )
        return os.EX_UNAVAILABLE
    polling = asyncio.create_task(monitor.run())
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
        await server.cleanup()
    return os.EX_OK


async def check(settings: Settings) -> int:
    """Poll once, print the verdict in one line, and give the exit code."""
    poll = await Probe(settings)()
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
