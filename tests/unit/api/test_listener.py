import asyncio
import socket

from fastapi import FastAPI
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from app.listener import Listener
from app.shares import Share, Shares


def test_a_connection_that_arrives_while_the_server_stops_is_ended() -> None:
    async def connect_and_stop(listening: socket.socket) -> bytes:
        config = Config(FastAPI())

        def stop_first() -> HttpToolsProtocol:
            listener.close()
            return HttpToolsProtocol(config=config, server_state=ServerState(), app_state={})

        listener = Listener(listening, stop_first, Share(Shares(), 1))
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        async with asyncio.timeout(5):
            got = await reader.read()
        writer.close()
        return got

    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert asyncio.run(connect_and_stop(listening)) == b""
