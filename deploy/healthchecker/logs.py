"""What the process says on stdout: JSON for machines, aligned words for a person at a terminal."""

import logging
import sys
from datetime import datetime, timedelta
from typing import Any, TextIO

import structlog
from aiohttp.http_exceptions import HttpProcessingError

from healthchecker.monitor import Tick
from healthchecker.state import State
from healthchecker.status import cause_as_json

SUMMARY_EVERY = timedelta(minutes=5)


def configure_logs(stream: TextIO | None = None) -> None:
    """Send every log line, also those of the libraries, to `stream` (stdout by default)."""
    stream = stream or sys.stdout
    terminal = stream.isatty()
    stamp = structlog.processors.TimeStamper(*(("%H:%M:%S", False) if terminal else ("iso",)))
    shared: list[Any] = [structlog.stdlib.add_log_level, stamp, _tidy]
    renderers: list[Any] = (
        [_in_words, structlog.dev.ConsoleRenderer(sort_keys=False, pad_event_to=0, pad_level=False)]
        if terminal
        else [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    logging.getLogger("aiohttp.server").addFilter(_is_not_the_clients_mistake)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


class Journal:
    """Writes a line for each failed poll and each transition, and now and then one that all is quiet."""

    def __init__(self) -> None:
        self._log = structlog.get_logger()
        self._summary_due: datetime | None = None
        self._polls = self._failed = 0

    def write(self, tick: Tick) -> None:
        """Log one turn of the loop; a listener of the monitor."""
        cause = cause_as_json(tick.verdict)
        milliseconds = round(tick.duration * 1000, 1)
        if tick.counts_as_failure:
            self._log.warning("poll_failed", **cause, detail=tick.verdict.detail, duration_ms=milliseconds)
        if change := tick.transition:
            level = logging.INFO if change.after in {State.HEALTHY, State.RECOVERING} else logging.WARNING
            level = logging.ERROR if change.after is State.UNHEALTHY else level
            words = {"from": change.before, "to": change.after, "after_seconds": round(change.lasted, 1)}
            self._log.log(level, "transition", **words, **cause)
        self._summarise(tick)

    def _summarise(self, tick: Tick) -> None:
        self._polls += 1
        self._failed += tick.counts_as_failure
        self._summary_due = self._summary_due or tick.at + SUMMARY_EVERY
        if tick.at >= self._summary_due:
            self._log.info("summary", state=tick.standing.state, polls=self._polls, failed=self._failed)
            self._summary_due = tick.at + SUMMARY_EVERY
            self._polls = self._failed = 0


def _tidy(_logger: Any, _method: str, event: Any) -> Any:
    """Put first what the eye looks for first, and leave out what does not apply."""
    ordered = dict.fromkeys(["timestamp", "level", "event", *event])
    return {key: event[key] for key in ordered if event.get(key) is not None}


def _in_words(_logger: Any, _method: str, event: Any) -> Any:
    """Make of the events that come again and again what a person would say."""
    match event:
        case {"event": "poll_failed", "reason": reason, "detail": detail}:
            event["event"] = f"{reason}: {detail}"
            said = {"reason", "detail", "http_status", "code", "title"}
        case {"event": "transition", "from": before, "to": after, "after_seconds": seconds}:
            event["event"] = f"{before} → {after} after {seconds} s"
            said = {"from", "to", "after_seconds", "reason", "http_status", "code", "title", "remedy"}
        case _:
            return event
    return {key: value for key, value in event.items() if key not in said}


def _is_not_the_clients_mistake(record: logging.LogRecord) -> bool:
    # aiohttp writes a traceback for every malformed request; anybody who can reach the port could fill the log.
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))
