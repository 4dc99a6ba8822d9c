"""The worker process: uvicorn under gunicorn."""

import logging
import os
import socket
import sys
import time
from functools import partial
from typing import Any, ClassVar

from gunicorn.arbiter import Arbiter
from uvicorn.server import Server
from uvicorn_worker import UvicornWorker

from app import endings
from app.http.refusals import Refusals
from app.listener import Listener
from app.protocol import Protocol
from app.shares import Share, Shares


class SharingServer(Server):
    """A server that takes no more than its share of connections, and keeps none whose client has gone to sleep."""

    def __init__(self, *args: Any, share: Share, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._share = share
        self._master = os.getppid()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, then listen."""
        await super().startup(sockets=[])
        protocol = partial(
            Protocol,
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
            share=self._share,
            refusals=Refusals(),
        )
        self.servers = [Listener(listening, protocol, self._share) for listening in sockets or ()]  # type: ignore[misc]

    async def on_tick(self, counter: int) -> bool:
        """Look after the connections once a second, and stop when the master is no more; called ten times a second."""
        if counter % 10 == 0:
            now = time.monotonic()
            for connection in [*self.server_state.connections]:
                connection.check(now)  # type: ignore[union-attr]  # they are all of this server's own kind
            self.should_exit |= os.getppid() != self._master  # uvicorn's worker would go on without one
        return await super().on_tick(counter)


class Worker(UvicornWorker):  # type: ignore[misc]  # the package has no types
    """uvicorn on uvloop and httptools; the access log is the application's own."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "uvloop",
        "http": "httptools",
        "lifespan": "on",
        "ws": "none",
        "timeout_graceful_shutdown": 5,  # a client that stalls does not hold up the stop
        "access_log": False,
        "server_header": False,
    }

    shares: ClassVar[Shares | None] = None
    place = 0  # among the workers of this server; the next one takes it over

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Make the worker; gunicorn does so in the master, before the fork."""
        super().__init__(*args, **kwargs)
        Worker.shares = Worker.shares or Shares()
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)  # gunicorn tells of the worker's life already

    @classmethod
    def forget(cls, worker: "Worker") -> None:
        """Forget the connections of a worker that has ended; for the master."""
        if cls.shares:
            cls.shares.forget(worker.age)

    def init_signals(self) -> None:
        """Put away the master's handlers; what has come for this worker until now ends it."""
        super().init_signals()
        endings.release()

    async def _serve(self) -> None:
        assert self.shares  # noqa: S101 - narrows the type
        self.config.app = self.wsgi
        server = SharingServer(config=self.config, share=Share(self.shares, self.age))
        self._install_sigquit_handler()
        await server.serve(sockets=self.sockets)
        if not server.started:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)
