"""The worker process: uvicorn under gunicorn."""

import logging
import os
import socket
import sys
from functools import partial
from typing import Any, ClassVar

from gunicorn.arbiter import Arbiter
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import Server
from uvicorn_worker import UvicornWorker

from app.listener import Listener
from app.shares import Share, Shares


class Protocol(HttpToolsProtocol):
    """One connection, which counts."""

    def __init__(self, *args: Any, share: Share, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._share = share

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no longer."""
        super().connection_lost(exc)
        self._share.shrink()


class SharingServer(Server):
    """A server that takes no more than its share of the connections that its socket gets."""

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
        )
        self.servers = [Listener(listening, protocol, self._share) for listening in sockets or ()]  # type: ignore[misc]

    async def on_tick(self, counter: int) -> bool:
        """Stop when the master is no more, which uvicorn's worker would not notice; called ten times a second."""
        self.should_exit |= os.getppid() != self._master
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

    async def _serve(self) -> None:
        assert self.shares  # noqa: S101 - narrows the type
        self.config.app = self.wsgi
        server = SharingServer(config=self.config, share=Share(self.shares, self.age))
        self._install_sigquit_handler()
        await server.serve(sockets=self.sockets)
        if not server.started:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)
