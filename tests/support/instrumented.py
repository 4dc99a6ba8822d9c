"""The service with additions that only tests need: requests that are slow or hang, and the name of the worker."""

import asyncio
import gc
import os
import socket

from fastapi import FastAPI, Request
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import main, protocol
from app.http.dependencies import database_of
from app.main import create_app

SLOW = text("""
WITH RECURSIVE number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < :steps) SELECT count(*) FROM number
""")


class NamedWorker:
    """Says in a header which process has answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.name = f"{socket.gethostname()}-{os.getpid()}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def name(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["x-worker"] = self.name
            await send(message)

        await self.app(scope, receive, name)


def create_instrumented_app() -> FastAPI:
    """Build the service."""
    app = create_app()
    app.add_middleware(NamedWorker)

    async def slow(steps: int, request: Request) -> int:
        """Count to `steps` in SQL, some 10 million a second."""

        def count(session: Session) -> int:
            return int(session.execute(SLOW, {"steps": steps}).scalar_one())

        return await database_of(request).read(count)

    async def hang() -> None:
        """Never answer."""
        await asyncio.Event().wait()

    async def allocate(mebibytes: int) -> int:
        """Use up memory."""
        return len(bytearray(mebibytes * 1024 * 1024))

    async def garbage() -> dict[str, bool]:
        """Tell whether this worker collects its garbage, and leaves alone what all share."""
        return {"is_collected": gc.isenabled(), "shared_is_left_alone": gc.get_freeze_count() > 0}

    app.add_api_route("/allocate", allocate)
    app.add_api_route("/garbage", garbage)
    app.add_api_route("/slow", slow)
    app.add_api_route("/hang", hang)
    return app


def create_impatient_app() -> FastAPI:
    """Build the same, with little patience with requests that hang, and with clients that do not send or read."""
    main.LONGEST_REQUEST_SECONDS = 3.0
    protocol.REQUEST_SECONDS = protocol.UNREAD_SECONDS = 1.5
    return create_instrumented_app()
