"""Connections without an HTTP client in between, to send what no client would."""

import socket
import struct
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from support.server import Server

PATIENCE_SECONDS = 15.0
HELD = {"01", "08"}  # ESTABLISHED, and CLOSE_WAIT: the client has closed it, and the server has not


def connect(server: Server) -> socket.socket:
    """Open a connection."""
    return socket.create_connection((server.client.base_url.host, server.client.base_url.port or 80), PATIENCE_SECONDS)


@contextmanager
def many(server: Server, number: int) -> Iterator[list[socket.socket]]:
    """Hold so many connections open."""
    with ExitStack() as open_ones:
        yield [open_ones.enter_context(connect(server)) for _ in range(number)]


def until_closed(connection: socket.socket) -> bytes:
    """Give all that arrives until the server closes the connection."""
    arrived = b""
    while piece := _next(connection):
        arrived += piece
    return arrived


def exchange(server: Server, request: bytes) -> bytes:
    """Send bytes, and give all that arrives until the server closes the connection."""
    with connect(server) as connection:
        connection.sendall(request)
        return until_closed(connection)


def reset(connection: socket.socket) -> None:
    """Vanish without a goodbye, as a client that crashes: see SO_LINGER in socket(7)."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def port_of(connection: socket.socket) -> int:
    """Give the port on the client's side, which tells the connection from others."""
    return int(connection.getsockname()[1])


def held(server: Server, ports: Iterable[int]) -> set[int]:
    """Tell which connections, by the ports of their clients, some process of the server has open still.

    By the kernel's table of sockets, see proc_pid_net(5): what the server has closed is in no state of `HELD` any more.
    """
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    place = server.client.base_url.port
    here = {_port(row[2]) for row in rows if _port(row[1]) == place and row[3] in HELD}
    return here & set(ports)


def _port(address: str) -> int:
    return int(address.partition(":")[2], 16)


def _next(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except ConnectionResetError:
        return b""
