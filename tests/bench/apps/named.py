"""The service of this project, each answer naming the worker process that gave it."""

import os
import socket

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Named:
    """Add the header `X-Worker` to what `app` answers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.header = (b"x-worker", f"{socket.gethostname()}-{os.getpid()}".encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def name(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], self.header]
            await send(message)

        await self.app(scope, receive, name)


def create_app() -> ASGIApp:
    """Build the service."""
    from app.main import create_app as create_ours  # noqa: PLC0415 - nothing at import

    return Named(create_ours())
