"""The access log: one line a request, none for a probe that succeeds."""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.stdlib.get_logger("access")

PROBES = frozenset({"/livez", "/readyz", "/db-check", "/health"})
MAX_PATH_LENGTH = 200
FIRST_ERROR_STATUS = 400
TOGETHER_SECONDS = 0.1


class AccessLog:
    """Log method, path, status and duration of each request.

    The lines of a tenth of a second are written together: one by one, they would take longer than a quick request.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._lines: list[str] = []
        self._is_for_people = sys.stdout.isatty()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, then log it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            self._write()  # after the lifespan there is no later
            return
        began = time.monotonic()
        status = 500  # what the server answers when the application has not

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watch)
        finally:
            if status >= FIRST_ERROR_STATUS or scope["path"] not in PROBES:
                self._log(scope, status, time.monotonic() - began)

    def _log(self, scope: Scope, status: int, seconds: float) -> None:
        # As it was sent: percent-encoded, so without control characters, and without the query.
        path = scope["raw_path"].decode("ascii", "replace")[:MAX_PATH_LENGTH]
        method, ms, client = scope["method"], round(seconds * 1000, 1), (scope.get("client") or ("-",))[0]
        if self._is_for_people:
            log.info("request", method=method, path=path, status=status, ms=ms, client=client)
            return
        if not self._lines:
            asyncio.get_running_loop().call_later(TOGETHER_SECONDS, self._write)
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        # In the form of all other lines; only what a caller can choose needs quoting.
        self._lines.append(
            f'{{"timestamp": "{now}", "level": "info", "event": "request", '
            f'"method": {json.dumps(method)}, "path": {json.dumps(path)}, "status": {status}, "ms": {ms}, '
            f'"client": {json.dumps(client)}, "logger": "access"}}\n'
        )

    def _write(self) -> None:
        lines, self._lines = self._lines, []  # before they are written: where that fails, the next ones are tried
        if lines:
            sys.stdout.write("".join(lines))
            sys.stdout.flush()
