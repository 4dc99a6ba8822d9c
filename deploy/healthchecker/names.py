"""Looks up host names on a thread of its own, so that a name server that hangs takes no thread from the polls."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from aiohttp.abc import AbstractResolver, ResolveResult

DEADLINE = 1.0


class Names(AbstractResolver):
    """Resolves for one who asks again and again; of the look-ups that hang, at most one is under way."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Give the addresses of a host.

        Raises:
            socket.gaierror: It has none, or the name server has not answered in time.

        """
        ask = partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        try:
            async with asyncio.timeout(DEADLINE):
                found = await asyncio.get_running_loop().run_in_executor(self._thread, ask)
        except TimeoutError:
            raise socket.gaierror(socket.EAI_AGAIN, "the name server did not answer in time") from None
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        """Do nothing: the thread is for all look-ups, and this is called after each."""
