"""Many clients at once, who ask until they are answered and remember what was acknowledged to them."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from support.ledger import Entry, Ledger

CREATED = 201
LONGEST_SECONDS = 15
PATIENCE_SECONDS = 0.05  # after a refusal


@asynccontextmanager
async def writing(url: str, ledger: Ledger, *, clients: int, label: str = "") -> AsyncIterator[None]:
    """Create tasks from so many clients, each on a connection of its own, until the block ends.

    A client that is refused, or whose connection breaks, asks for the same task again, with the same idempotency key.
    """
    stopping = asyncio.Event()
    tasks = [asyncio.create_task(_write(url, ledger, stopping, f"{label}{number}")) for number in range(clients)]
    try:
        yield
    finally:
        stopping.set()
        await asyncio.gather(*tasks)


async def _write(url: str, ledger: Ledger, stopping: asyncio.Event, client: str) -> None:
    number = 1
    while not stopping.is_set():
        try:
            connection = await Connection.open(url)
            try:
                while not stopping.is_set():
                    if await _create(connection, ledger, client, f"{client}-{number}"):
                        number += 1
                    else:
                        await asyncio.sleep(PATIENCE_SECONDS)
            finally:
                connection.close()
        except (OSError, EOFError):
            ledger.unanswered += 1


async def _create(connection: "Connection", ledger: Ledger, client: str, name: str) -> bool:
    began = time.monotonic()
    ledger.in_doubt.add(name)
    asked = connection.post("/tasks", {"name": name}, key=f"{ledger.run}-{name}")
    status, worker, body = await asyncio.wait_for(asked, LONGEST_SECONDS)
    ledger.longest = max(ledger.longest, time.monotonic() - began)
    if status != CREATED:
        ledger.refused.append((status, body))
        return False
    ledger.in_doubt.discard(name)
    ledger.add(Entry(client, name, json.loads(body)["id"], worker))
    return True


class Connection:
    """As little of an HTTP client as will do: a whole one takes more of the machine than the server that it loads."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, url: str) -> "Connection":
        """Connect to a server, in good time also where its process is just being replaced."""
        place = urlsplit(url)
        return cls(*await asyncio.wait_for(asyncio.open_connection(place.hostname, place.port), LONGEST_SECONDS))

    def close(self) -> None:
        """Hang up."""
        self._writer.close()

    async def post(self, path: str, content: object, *, key: str) -> tuple[int, str, str]:
        """Send JSON with an idempotency key, and give status, worker and body of the answer."""
        body = json.dumps(content).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: test\r\nIdempotency-Key: {key.replace(' ', '_')}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        if self._writer.is_closing():
            raise ConnectionResetError
        self._writer.write(head.encode() + body)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        found = dict(re.findall(r"^(content-length|x-worker): (.*?)\r$", answer, re.MULTILINE))
        text = await self._reader.readexactly(int(found["content-length"]))
        return int(answer.split()[1]), found.get("x-worker", ""), text.decode()
