"""Connections without an HTTP client in between, to send what no client would."""

import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from support.server import Server

PATIENCE_SECONDS = 15.0


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


def _next(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except ConnectionResetError:
        return b""
