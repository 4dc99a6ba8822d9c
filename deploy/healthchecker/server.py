"""The small HTTP server that tells machines and people what the monitor knows."""

import json
import math
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web

from healthchecker.badge import Badge
from healthchecker.known import Known
from healthchecker.page import Page
from healthchecker.report import Report, schema
from healthchecker.state import State
from healthchecker.status import cause_as_json

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SHUTDOWN_SECONDS = 0.3
TAKES_TRAFFIC = {State.HEALTHY, State.SUSPECT}  # one or two failures are no verdict yet, so they turn nobody away


class Server:
    """Answers GET and HEAD on the addresses of its `app`; everything else is a problem (RFC 9457)."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._page = Page()
        self._badge = Badge()

    def app(self) -> web.Application:
        """Make the application."""
        app = web.Application(middlewares=[_problems])
        app.on_response_prepare.append(self._add_headers)
        app.router.add_get("/", self.page)
        app.router.add_get("/badge.svg", self.badge)
        app.router.add_get("/status", self.status)
        app.router.add_get("/schema.json", self.schema)
        app.router.add_get("/metrics", self.metrics)
        app.router.add_get("/livez", self.livez)
        app.router.add_get("/readyz", self.readyz)
        return app

    async def start(self, host: str, port: int) -> web.AppRunner:
        """Listen; the runner that is given back must be cleaned up.

        Raises:
            OSError: Nothing can listen on this host and port.

        """
        runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError:
            await runner.cleanup()
            raise
        return runner

    async def page(self, _request: web.Request) -> web.Response:
        """Show the status page."""
        known = self._known
        text = self._page.render(known.status, known.history, known.neighbours)
        return web.Response(text=text, content_type="text/html")

    async def badge(self, _request: web.Request) -> web.Response:
        """Show the state as a small picture."""
        return web.Response(text=self._badge.render(self._known.status), content_type="image/svg+xml")

    async def status(self, _request: web.Request) -> web.Response:
        """Give everything that is known, as JSON."""
        report = Report.of(self._known)
        return as_json(report.as_json(), headers={"Link": '</schema.json>; rel="describedby"'})

    async def schema(self, _request: web.Request) -> web.Response:
        """Give the JSON Schema of `/status`."""
        return as_json(schema(), media_type="application/schema+json")

    async def metrics(self, request: web.Request) -> web.Response:
        """Give what is counted, for Prometheus."""
        body, media_type = self._known.metrics.show(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": media_type})

    async def livez(self, _request: web.Request) -> web.Response:
        """Tell whether this process does its work: 503 when its own loop has stalled. The target plays no part.

        A history that cannot be saved is a warning, as a restart would not mend it.
        """
        if stalled := self._known.status.stalled_seconds:
            detail = f"The last poll ended {stalled:.0f} s ago."
            title, remedy = "The polling loop has stalled", "Restart the healthchecker."
            headers = {"Retry-After": "1"}
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, title, detail, headers, remedy=remedy)
        if trouble := self._known.snapshot.trouble:
            return as_json({"status": "warn", "detail": trouble})
        return as_json({"status": "pass"})

    async def readyz(self, _request: web.Request) -> web.Response:
        """Follow the target, for those who wait for it or send it traffic: 503 unless it is healthy or only suspect."""
        status = self._known.status
        if status.state in TAKES_TRAFFIC:
            return as_json({"status": "pass", "state": status.state})
        title = f"The target is {status.state}"
        known = {"state": status.state, **cause_as_json(status.verdict)}
        del known["title"]  # the problem's own; the target's is part of the detail
        headers = {"Retry-After": str(math.ceil(status.next_poll_seconds))}
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, title, status.verdict.detail, headers, **known)

    async def _add_headers(self, _request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = self._page.content_security_policy


def problem(
    status: HTTPStatus, title: str, detail: str, headers: dict[str, str] | None = None, **members: Any
) -> web.Response:
    """Make an `application/problem+json` answer; `members` are added to the standard ones."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **members}
    return as_json(body, status, headers, media_type="application/problem+json")


def as_json(
    data: dict[str, Any],
    status: HTTPStatus = HTTPStatus.OK,
    headers: dict[str, str] | None = None,
    media_type: str = "application/json",
) -> web.Response:
    """Make a JSON answer whose media type is exact: aiohttp's own adds a charset, which JSON does not have."""
    return web.Response(body=json.dumps(data).encode(), status=status, headers=headers, content_type=media_type)


@web.middleware
async def _problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPMethodNotAllowed as refusal:
        allow = ", ".join(sorted(refusal.allowed_methods))
        detail = f"This address answers {allow} only."
        return problem(HTTPStatus.METHOD_NOT_ALLOWED, "Method Not Allowed", detail, {"Allow": allow})
    except web.HTTPException as refusal:
        status = HTTPStatus(refusal.status)
        known = ", ".join(str(resource.canonical) for resource in request.app.router.resources())
        return problem(status, status.phrase, f"The healthchecker answers on {known}.")
    except Exception:  # noqa: BLE001 - a bug is one answer and one log entry, in the form of all others
        structlog.get_logger().exception("request_failed", path=request.path)
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        return problem(status, status.phrase, "The healthchecker has a bug; its log has the details.")
