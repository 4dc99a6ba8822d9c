import asyncio
from collections.abc import Callable

import pytest
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http import deadline
from app.http.deadline import Deadline

SCOPE: Scope = {"type": "http", "method": "GET", "path": "/", "headers": []}


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "LOOK_SECONDS", 0.01)


async def never_called() -> Message:
    raise AssertionError


async def hang(_scope: Scope, _receive: Receive, _send: Send) -> None:
    await asyncio.Event().wait()


def statuses(app: ASGIApp, replace_worker: Callable[[], None], *, seconds: float = 0.05) -> list[int]:
    """Give the statuses with which a request was answered, of which there must be one."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def serve() -> None:
        request = asyncio.ensure_future(Deadline(app, seconds, replace_worker)(SCOPE, never_called, send))
        # Not cut by the test itself, as `wait_for` would: that is what it is about.
        assert (await asyncio.wait([request], timeout=5))[0], "no answer within 5 s"
        await request

    asyncio.run(serve())
    return [message["status"] for message in sent if message["type"] == "http.response.start"]


def test_a_request_that_hangs_is_answered_even_where_the_worker_goes_on() -> None:
    replaced: list[bool] = []
    assert statuses(hang, lambda: replaced.append(True)) == [503]
    assert replaced == [True]


def test_an_answer_that_has_begun_may_take_as_long_as_it_likes() -> None:
    async def begin_and_go_on(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.sleep(0.3)  # the time that is too long for a request without an answer
        await send({"type": "http.response.body", "body": b""})

    replaced: list[bool] = []
    assert statuses(begin_and_go_on, lambda: replaced.append(True)) == [200]
    assert not replaced


def test_a_quick_request_replaces_no_worker() -> None:
    replaced: list[bool] = []
    assert statuses(Response(), lambda: replaced.append(True)) == [200]
    assert not replaced


def test_a_request_that_somebody_else_cancels_is_not_answered() -> None:
    async def cancel() -> None:
        request = asyncio.create_task(Deadline(hang, 60, lambda: None)(SCOPE, never_called, never_sent))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request

    async def never_sent(_message: Message) -> None:
        raise AssertionError

    asyncio.run(cancel())
