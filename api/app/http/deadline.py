"""The end of requests that hang."""

import asyncio
import os
import signal
import time
from collections.abc import Callable

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.problem import problem_response
from app.problems import Code

log = structlog.stdlib.get_logger(__name__)

LOOK_SECONDS = 1.0


def stop_this_worker() -> None:
    """Stop as on command: what is under way is finished, and gunicorn starts another worker."""
    os.kill(os.getpid(), signal.SIGTERM)


class Deadline:
    """Cuts a request that has got no answer for too long, and has the worker replaced, which may be stuck for good.

    No timer is set for a request: all that are under way are looked at now and then.

    Args:
        app: Serves the requests.
        seconds: How long that may take until the answer begins.
        replace_worker: Called when it took longer.

    """

    def __init__(self, app: ASGIApp, seconds: float, replace_worker: Callable[[], None] = stop_this_worker) -> None:
        self.app = app
        self._seconds = seconds
        self._replace_worker = replace_worker
        self._unanswered: dict[asyncio.Task[object], float] = {}
        self._cut: set[asyncio.Task[object]] = set()
        self._is_looking = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, or answer that it took too long."""
        task = asyncio.current_task()
        if scope["type"] != "http" or task is None:
            await self.app(scope, receive, send)
            return

        async def watch(message: Message) -> None:
            self._unanswered.pop(task, None)
            await send(message)

        self._unanswered[task] = time.monotonic()
        if not self._is_looking:
            self._look_later()
        try:
            await self.app(scope, receive, watch)
        except asyncio.CancelledError:
            if task not in self._cut:
                raise
            task.uncancel()
            await problem_response(Code.DEADLINE_EXCEEDED)(scope, receive, send)
        finally:
            self._unanswered.pop(task, None)
            self._cut.discard(task)

    def _look_later(self) -> None:
        self._is_looking = True
        asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        self._is_looking = False
        now = time.monotonic()
        late = [task for task, since in self._unanswered.items() if now - since > self._seconds]
        for task in late:
            del self._unanswered[task]
            self._cut.add(task)
            task.cancel()
        if late:
            log.error("requests were cut", requests=len(late), seconds=self._seconds, remedy="the worker is replaced")
            self._replace_worker()
        if self._unanswered:
            self._look_later()
