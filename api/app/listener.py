"""Takes new connections, so that every worker gets its share of them."""

import asyncio
import socket
from collections.abc import Callable

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.shares import Share

PATIENCE_SECONDS = 0.001
TIRED_SECONDS = 0.2


class Listener:
    """Listens in one worker on a socket that all workers share; stands where uvicorn has a server of asyncio's.

    That one would take whatever has arrived the moment it wakes up, so that the first worker to wake gets most of a
    burst, and has it for as long as the connections last. Here a worker with more connections than another leaves new
    ones alone for a moment, and takes them only when the other one does not.
    """

    def __init__(self, listening: socket.socket, protocol: Callable[[], HttpToolsProtocol], share: Share) -> None:
        self._listening = listening
        self._protocol = protocol
        self._share = share
        self._loop = asyncio.get_running_loop()
        self._connecting: set[asyncio.Task[object]] = set()
        self._is_closed = False
        listening.settimeout(0)
        self._listen()

    def close(self) -> None:
        """Take no more connections."""
        self._is_closed = True
        self._loop.remove_reader(self._listening)

    async def wait_closed(self) -> None:
        """Return: what is closed is closed."""

    def _listen(self) -> None:
        if not self._is_closed:
            self._loop.add_reader(self._listening, self._on_arrival)

    def _on_arrival(self) -> None:
        """Take connections up to this worker's share, and leave the rest to the others for a moment."""
        while self._share.is_the_smallest:
            if not self._take():
                return
        self._pause(PATIENCE_SECONDS, self._take_what_is_left)

    def _take_what_is_left(self) -> None:
        self._listen()
        if not self._is_closed and self._take():
            self._on_arrival()

    def _pause(self, seconds: float, then: Callable[[], None]) -> None:
        self._loop.remove_reader(self._listening)
        self._loop.call_later(seconds, then)

    def _take(self) -> bool:
        """Take one connection, and tell whether there was one."""
        try:
            connection, _ = self._listening.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return False  # another worker was quicker, or the client has gone
        except OSError:  # out of descriptors: without a pause the loop would do nothing but fail
            self._pause(TIRED_SECONDS, self._listen)
            return False
        self._share.grow()
        connecting = self._loop.create_task(self._connect(connection))
        self._connecting.add(connecting)
        connecting.add_done_callback(self._connecting.discard)
        return True

    async def _connect(self, connection: socket.socket) -> None:
        try:
            _, protocol = await self._loop.connect_accepted_socket(self._protocol, connection)
            if self._is_closed:
                protocol.shutdown()  # the server has ended all others already, and would wait for this one in vain
        except OSError:  # the client has gone again
            connection.close()
            self._share.shrink()
