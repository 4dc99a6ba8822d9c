"""As little of an HTTP client as will do: a whole one takes more of the machine than the server that it loads."""

import asyncio
import json
import re
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

HEADER = re.compile(r"(?im)^(content-length|connection|x-worker): (.*?)\r$")


class Answer(NamedTuple):
    """An answer: its status, its JSON, and the process that gave it, where that says who it is."""

    status: int
    content: Any
    worker: str = ""


class Client:
    """Sends one request after the other, on a connection that is opened again when it breaks.

    Args:
        url: Where the API is, which may be gone at any moment.
        patience: Seconds to wait for an answer.

    """

    def __init__(self, url: str, patience: float) -> None:
        place = urlsplit(url)
        self._host, self._port = place.hostname, place.port
        self._patience = patience
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> Self:
        """Give itself; it connects when it has something to send."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""
        self._hang_up()

    async def ask(self, method: str, path: str, *, content: object = None, key: str = "") -> Answer | None:
        """Send a request, with an idempotency key if one is given; None is no answer."""
        try:
            return await asyncio.wait_for(self._ask(method, path, content, key), self._patience)
        except (OSError, EOFError):
            self._hang_up()
            return None

    async def _ask(self, method: str, path: str, content: object, key: str) -> Answer:
        if self._streams is None or self._streams[1].is_closing():
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        body = b"" if content is None else json.dumps(content).encode()
        lines = [f"{method} {path} HTTP/1.1", "Host: test", f"Content-Length: {len(body)}"]
        lines += ["Content-Type: application/json"] if body else []
        lines += [f'Idempotency-Key: "{key}"'] if key else []
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = {name.lower(): value for name, value in HEADER.findall(head)}
        text = await reader.readexactly(int(headers.get("content-length", 0)))
        if headers.get("connection") == "close":
            self._hang_up()
        return Answer(int(head.split()[1]), json.loads(text or "null"), headers.get("x-worker", ""))

    def _hang_up(self) -> None:
        if self._streams:
            self._streams[1].close()
        self._streams = None
