"""Many clients at once, who remember what was acknowledged to them."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

CREATED = 201
LONGEST_SECONDS = 15


@dataclass
class Ledger:
    """What clients saw.

    Attributes:
        acknowledged: The names of the tasks whose creation was acknowledged, by the worker that did so.
        refused: The answers that were none of that, as status and body.
        unanswered: Requests whose connection broke.
        longest: Seconds until the slowest answer.

    """

    acknowledged: dict[str, list[str]] = field(default_factory=dict)
    refused: list[tuple[int, str]] = field(default_factory=list)
    unanswered: int = 0
    longest: float = 0.0

    @property
    def names(self) -> list[str]:
        """All names that were acknowledged."""
        return [name for names in self.acknowledged.values() for name in names]


@asynccontextmanager
async def writing(url: str, ledger: Ledger, *, clients: int, label: str = "") -> AsyncIterator[None]:
    """Create tasks from so many clients, each on a connection of its own, until the block ends."""
    stopping = asyncio.Event()
    tasks = [asyncio.create_task(_write(url, ledger, stopping, f"{label}{number}")) for number in range(clients)]
    try:
        yield
    finally:
        stopping.set()
        await asyncio.gather(*tasks)


async def _write(url: str, ledger: Ledger, stopping: asyncio.Event, label: str) -> None:
    number = 0
    while not stopping.is_set():
        try:
            connection = await Connection.open(url)
            try:
                while not stopping.is_set():
                    number += 1
                    await _create(connection, ledger, f"{label}-{number}")
            finally:
                connection.close()
        except (OSError, EOFError):
            ledger.unanswered += 1


async def _create(connection: "Connection", ledger: Ledger, name: str) -> None:
    began = time.monotonic()
    status, worker, body = await asyncio.wait_for(connection.post("/tasks", {"name": name}), LONGEST_SECONDS)
    ledger.longest = max(ledger.longest, time.monotonic() - began)
    if status == CREATED:
        ledger.acknowledged.setdefault(worker, []).append(name)
    else:
        ledger.refused.append((status, body))


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

    async def post(self, path: str, content: object) -> tuple[int, str, str]:
        """Send JSON, and give status, worker and body of the answer."""
        body = json.dumps(content).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        self._writer.write(f"{head}\r\n\r\n".encode() + body)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        found = dict(re.findall(r"^(content-length|x-worker): (.*?)\r$", answer, re.MULTILINE))
        text = await self._reader.readexactly(int(found["content-length"]))
        return int(answer.split()[1]), found.get("x-worker", ""), text.decode()
