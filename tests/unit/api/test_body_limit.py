import asyncio

import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from app.http.body_limit import BodyLimit


def test_a_body_announced_as_too_large_is_refused_before_a_byte_of_it_is_read() -> None:
    async def read_body(_scope: Scope, receive: Receive, _send: Send) -> None:
        await receive()

    async def receive() -> Message:
        raise AssertionError("read although it is too large")

    async def send(_message: Message) -> None:
        pass

    scope = {"type": "http", "method": "POST", "headers": [(b"content-length", b"101")]}
    with pytest.raises(HTTPException) as refusal:
        asyncio.run(BodyLimit(read_body, max_bytes=100)(scope, receive, send))
    assert refusal.value.status_code == 413
