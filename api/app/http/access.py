"""The access log: one line a request."""

import asyncio
import json
import sys
from datetime import UTC, datetime

import structlog
from starlette.types import Scope

log = structlog.stdlib.get_logger("access")

MAX_PATH_LENGTH = 200
TOGETHER_SECONDS = 0.1


class AccessLog:
    """Says method, path, status and duration of each request.

    The lines of a tenth of a second are written together: one by one, they would take longer than a quick request.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._is_for_people = sys.stdout.isatty()

    def add(self, scope: Scope, status: int, seconds: float) -> None:
        """Log one request, soon."""
        # As it was sent: percent-encoded, so without control characters, and without the query.
        path = scope["raw_path"].decode("ascii", "replace")[:MAX_PATH_LENGTH]
        method, ms, client = scope["method"], round(seconds * 1000, 1), (scope.get("client") or ("-",))[0]
        if self._is_for_people:
            log.info("request", method=method, path=path, status=status, ms=ms, client=client)
            return
        if not self._lines:
            asyncio.get_running_loop().call_later(TOGETHER_SECONDS, self.flush)
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        # In the form of all other lines; only what a caller can choose needs quoting.
        self._lines.append(
            f'{{"timestamp": "{now}", "level": "info", "event": "request", '
            f'"method": {json.dumps(method)}, "path": {json.dumps(path)}, "status": {status}, "ms": {ms}, '
            f'"client": {json.dumps(client)}, "logger": "access"}}\n'
        )

    def flush(self) -> None:
        """Write the lines that wait."""
        lines, self._lines = self._lines, []  # before they are written: where that fails, the next ones are tried
        if lines:
            sys.stdout.write("".join(lines))
            sys.stdout.flush()
