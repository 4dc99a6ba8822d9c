"""Times each exchange of a request and its answer, for the access log and the metrics."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.access import AccessLog
from app.metrics import Metrics

PROBES = frozenset({"/livez", "/readyz", "/db-check", "/health", "/metrics"})
FIRST_ERROR_STATUS = 400
UNMATCHED = "unmatched"  # all addresses that do not exist together: a caller can make up as many as they like


class Exchanges:
    """Logs and counts every request; of the probes, which come and go all day, it logs those that fail."""

    def __init__(self, app: ASGIApp, log: AccessLog, metrics: Metrics) -> None:
        self.app = app
        self._log = log
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, then tell of it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            self._log.flush()  # after the lifespan there is no later
            self._metrics.flush()
            return
        is_probe = scope["path"] in PROBES
        if not is_probe:
            self._metrics.begin()
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
            seconds = time.monotonic() - began
            if not is_probe:
                route = getattr(scope.get("route"), "path", UNMATCHED)
                self._metrics.end(scope["method"], route, status, seconds)
            if not is_probe or status >= FIRST_ERROR_STATUS:
                self._log.add(scope, status, seconds)
