"""The one place that composes: everything that runs beside each other until the healthchecker is stopped."""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine

import structlog

from healthchecker import __version__
from healthchecker.alerts import Alerts
from healthchecker.gauges import Gauges
from healthchecker.heartbeat import Heartbeat
from healthchecker.history import History
from healthchecker.known import Known
from healthchecker.logs import Journal, configure_logs
from healthchecker.metrics import Metrics
from healthchecker.monitor import Monitor
from healthchecker.neighbours import Neighbours
from healthchecker.notifier import Notifier
from healthchecker.probe import Probe
from healthchecker.server import Server
from healthchecker.settings import Settings
from healthchecker.snapshot import Snapshot
from healthchecker.status import Status


async def run(settings: Settings) -> int:
    """Poll and serve until SIGTERM or SIGINT; give the exit code."""
    configure_logs()
    log = structlog.get_logger()
    status, metrics, heartbeat = Status(settings), Metrics(), Heartbeat(settings)
    neighbours = Neighbours(settings)
    metrics.add(Gauges(neighbours))
    snapshot = Snapshot(settings.history_path, settings.target_url)
    history = snapshot.restore("history", History.from_json, History)
    notifier = Notifier(settings, snapshot.restore("alerts", Alerts.from_json, Alerts), count=metrics.notified)
    saved = [history.add, notifier.update]  # before the snapshot, which saves what they have noted
    listeners = [status.update, *saved, snapshot.note, metrics.update, heartbeat.update, Journal().write]
    known = Known(status, history, snapshot, notifier, metrics, neighbours)
    try:
        server = await Server(known).start(settings.host, settings.port)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        print(
            f"cannot listen on {settings.host} port {settings.port}: {why}. "
            "Set HEALTHCHECKER_HOST and HEALTHCHECKER_PORT to an address and a port that are free",
            file=sys.stderr,
        )
        return os.EX_UNAVAILABLE
    polling = asyncio.create_task(Monitor(settings, Probe(settings), listeners).run())
    works = [part.run() for part in (notifier, heartbeat, snapshot, neighbours.backup, neighbours.replica)]
    beside = [asyncio.create_task(_logged(work)) for work in works]
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
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        await asyncio.gather(snapshot.save_last(), server.cleanup())
    return os.EX_OK


async def _logged(work: Coroutine[None, None, None]) -> None:
    """Let a bug beside the polls end only what has it, and not in silence."""
    try:
        await work
    except Exception:  # noqa: BLE001 - whatever it is, the polls go on
        structlog.get_logger().exception("task_ended")
