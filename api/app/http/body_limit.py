"""A bound on what a caller may send."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOO_LARGE = 413
WITHOUT_BODY = frozenset({"GET", "HEAD"})  # nothing here reads one


class BodyLimit:
    """Refuse bodies of more than `max_bytes`, by what is announced and by what arrives.

    Starlette's own middleware does the same, but answers in plain text and not with a problem.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request; whoever reads too much of its body gets the exception."""
        if scope["type"] != "http" or scope["method"] in WITHOUT_BODY:
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        size = 0

        async def read() -> Message:
            nonlocal size
            if announced.isdecimal() and int(announced) > self.max_bytes:
                raise HTTPException(TOO_LARGE)
            message = await receive()
            size += len(message.get("body", b""))
            if size > self.max_bytes:
                raise HTTPException(TOO_LARGE)
            return message

        await self.app(scope, read, send)
