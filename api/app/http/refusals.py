"""How a request is refused that never reaches the application."""

import time
from collections.abc import Iterable
from http import HTTPStatus

import structlog

from app.http.problem import problem_response
from app.problems import PROBLEMS, Code

log = structlog.stdlib.get_logger(__name__)

LOGGED_AGAIN_SECONDS = 60.0
CLOSE = {"Connection": "close"}


class Refusals:
    """The answers of one worker to such requests; its log tells of each kind once a minute, however many there are."""

    def __init__(self) -> None:
        self._made: dict[Code, bytes] = {}
        self._logged_at: dict[Code, float] = {}
        self._unlogged: dict[Code, int] = {}

    def answer(self, code: Code, headers: Iterable[tuple[bytes, bytes]], client: str) -> bytes:
        """Give the whole answer, with the server's own `headers`, and tell of it."""
        self._tell(code, client)
        status = PROBLEMS[code].status
        line = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()
        return b"".join([line, *(b"%s: %s\r\n" % header for header in headers), self._rest(code)])

    def _rest(self, code: Code) -> bytes:
        if code not in self._made:
            answer = problem_response(code, headers=CLOSE)
            head = b"".join(b"%s: %s\r\n" % header for header in answer.raw_headers)
            self._made[code] = b"%s\r\n%s" % (head, bytes(answer.body))
        return self._made[code]

    def _tell(self, code: Code, client: str) -> None:
        now = time.monotonic()
        self._unlogged[code] = self._unlogged.get(code, 0) + 1
        if now - self._logged_at.get(code, float("-inf")) > LOGGED_AGAIN_SECONDS:
            self._logged_at[code] = now
            log.info("request refused", code=code, client=client, times=self._unlogged.pop(code))
