"""The access log: one line a request, none for a probe that succeeds."""

import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.stdlib.get_logger("access")

PROBES = frozenset({"/livez", "/readyz", "/db-check", "/health"})
MAX_PATH_LENGTH = 200
FIRST_ERROR_STATUS = 400


class AccessLog:
    """Log method, path, status and duration of each request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, then log it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
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
                log.info(
                    "request",
                    method=scope["method"],
                    # As it was sent: percent-encoded, so without control characters, and without the query.
                    path=scope["raw_path"].decode("ascii", "replace")[:MAX_PATH_LENGTH],
                    status=status,
                    ms=round((time.monotonic() - began) * 1000, 1),
                    client=(scope.get("client") or ("-",))[0],
                )
