"""As little of an HTTP client as will do, on a connection that is opened again when it breaks."""

import asyncio
import json
import re
from types import TracebackType
from typing import Any, Self

SECONDS = 5


class Client:
    """Sends one request after the other to an API that may be gone at any moment."""

    def __init__(self, port: int, patience: float = SECONDS) -> None:
        self._port = port
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

    async def ask(self, method: str, path: str, *, content: object = None, key: str = "") -> tuple[int, Any] | None:
        """Send a request, and give status and content of the answer, or None when there was none."""
        try:
            return await asyncio.wait_for(self._ask(method, path, content, key), self._patience)
        except (OSError, EOFError, TimeoutError):
            self._hang_up()
            return None

    async def _ask(self, method: str, path: str, content: object, key: str) -> tuple[int, Any]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        body = b"" if content is None else json.dumps(content).encode()
        lines = [f"{method} {path} HTTP/1.1", "Host: soak", f"Content-Length: {len(body)}"]
        if content is not None:
            lines += ["Content-Type: application/json", f'Idempotency-Key: "{key}"']
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"(?im)^content-length: (\d+)", head)
        answer = await reader.readexactly(int(length[1]) if length else 0)
        if re.search(r"(?im)^connection: close", head):
            self._hang_up()
        return int(head.split()[1]), json.loads(answer or "null")

    def _hang_up(self) -> None:
        if self._streams:
            self._streams[1].close()
        self._streams = None
