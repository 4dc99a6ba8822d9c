"""One connection: uvicorn's own protocol, with bounds on what a client may send and on how long it may take."""

import sys
import time
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.http.refusals import Refusals
from app.problems import Code
from app.shares import Share

TARGET_BYTES = 8 * 1024
HEAD_BYTES = 16 * 1024
PIPELINED = 100  # requests that wait for the answers to those before them

HEAD_SECONDS = 10.0
REQUEST_SECONDS = 30.0  # with its head
UNREAD_SECONDS = 30.0
LINGER_SECONDS = 2.0

VERSIONS = frozenset({"1.1", "1.0"})


class Stage(Enum):
    """What a connection is at."""

    IDLE = auto()  # between two requests
    HEAD = auto()  # also before the first byte of the first request
    BODY = auto()
    ANSWER = auto()
    DEAF = auto()  # the answers under way are the last ones
    LINGER = auto()  # a refusal is sent; to close before the client has sent all could take it away again


class RefusedError(Exception):
    """Ends the parsing of a request."""


class Protocol(HttpToolsProtocol):
    """A connection that counts, and that is refused, with a problem, what is too large, too slow or ambiguous.

    The parser refuses most of what is no HTTP, and what could be read in two ways: two lengths, a length and chunks,
    folded or oddly ended lines. Here is what it lets pass. No timer is set: the server looks at each connection once
    a second, by `check`, which costs the busy ones nothing.
    """

    def __init__(self, *args: Any, share: Share, refusals: Refusals, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._share = share
        self._refusals = refusals
        self._stage = Stage.HEAD
        self._since = time.monotonic()
        self._limits: Mapping[Stage, float] = {
            Stage.IDLE: self.timeout_keep_alive,
            Stage.HEAD: HEAD_SECONDS,
            Stage.BODY: REQUEST_SECONDS,
            Stage.LINGER: LINGER_SECONDS,
        }
        self._piece = 0
        # Bytes of this request that are not of its body: the head, the sizes of chunks, what trails behind. One piece
        # more or less, as pieces end anywhere.
        self._framing = 0
        self._fault: Code | None = None
        self._unread, self._unread_since = sys.maxsize, 0.0

    def check(self, now: float) -> None:
        """End the connection when its client has been waited for too long."""
        if now - self._since > self._limits.get(self._stage, sys.maxsize) and not self.flow.read_paused:
            self._end()
        unread = self.transport.get_write_buffer_size()
        if not unread or unread < self._unread:
            self._unread, self._unread_since = unread or sys.maxsize, now
        elif now - self._unread_since > UNREAD_SECONDS:
            self.transport.abort()

    def _end(self) -> None:
        if self._stage is Stage.LINGER:
            if not self.transport.get_write_buffer_size():  # else the answer before it is still being read
                self.transport.abort()
        elif self._stage is Stage.IDLE or (self._stage is Stage.HEAD and not self._framing):
            self.transport.close()
        else:
            self._refuse(Code.REQUEST_TIMEOUT)

    def data_received(self, data: bytes) -> None:
        """Take what has arrived."""
        if len(data) > HEAD_BYTES:
            for start in range(0, len(data), HEAD_BYTES):
                self.data_received(data[start : start + HEAD_BYTES])
            return
        if self._stage is Stage.IDLE:
            self._stage, self._since, self._framing = Stage.HEAD, time.monotonic(), 0
        elif self._stage in (Stage.DEAF, Stage.LINGER):
            return
        self._piece = len(data)
        self._framing += self._piece
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._stage = Stage.DEAF  # nobody here speaks the other protocol: the answer is a plain one
        except httptools.HttpParserError:
            self._refuse(self._fault or Code.BAD_REQUEST)
        else:
            if self._framing > 2 * HEAD_BYTES:
                self._refuse(Code.HEADERS_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Begin a request."""
        if self._stage is not Stage.HEAD:  # the one before came in the same piece
            self._stage, self._since = Stage.HEAD, time.monotonic()
        self._framing = self._piece
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a part of the request's target."""
        self.url += url
        if len(self.url) > TARGET_BYTES:
            self._raise(Code.URI_TOO_LONG)

    def on_headers_complete(self) -> None:
        """Hand the request on, when its head is in order; nothing of it is done otherwise."""
        if self._framing > HEAD_BYTES and self._head_size() > HEAD_BYTES:
            self._raise(Code.HEADERS_TOO_LARGE)
        if self._is_ambiguous() or len(self.pipeline) >= PIPELINED:
            self._raise(Code.BAD_REQUEST)
        super().on_headers_complete()
        self._stage, self._framing = Stage.BODY, 0
        self.headers = []  # what trails behind the body is not mixed with what the application sees
        # A client that waited for a "100 Continue" in vain may send the body or not: what follows is anybody's guess.
        if self.expect_100_continue or self.parser.should_upgrade():
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._framing -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._stage = Stage.ANSWER
        super().on_message_complete()
        if self.cycle.response_complete:  # before the body had arrived
            self._rest()

    def on_response_complete(self) -> None:
        """Go on with the next request; uvicorn would set a timer, and cancel it at once on a busy connection."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._stage is Stage.ANSWER:
            self._rest()

    def resume_writing(self) -> None:
        """Note that the client reads."""
        self._unread = sys.maxsize
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no longer."""
        super().connection_lost(exc)
        self._share.shrink()

    def _rest(self) -> None:
        self._stage, self._since = Stage.IDLE, time.monotonic()

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + len(": \r\n") for name, value in self.headers)

    def _is_ambiguous(self) -> bool:
        """Tell whether another server between the client and this one could understand the head differently."""
        version = self.parser.get_http_version()
        names = [name for name, _ in self.headers]
        hosts = names.count(b"host")
        if version not in VERSIONS or hosts > 1 or (not hosts and version == "1.1"):
            return True
        has_chunks = b"transfer-encoding" in names
        if has_chunks and (version == "1.0" or not self._is_just_chunked()):
            return True
        # The parser does not read the body of a request to upgrade, and would take it for the next request.
        return self.parser.should_upgrade() and (has_chunks or b"content-length" in names)

    def _is_just_chunked(self) -> bool:
        return all(value.lower() == b"chunked" for name, value in self.headers if name == b"transfer-encoding")

    def _raise(self, code: Code) -> None:
        self._fault = code
        raise RefusedError

    def _refuse(self, code: Code) -> None:
        """Answer the request that is arriving with a problem, when there is nothing to be answered before it."""
        cycle, is_in_body = self.cycle, self._stage is Stage.BODY
        if is_in_body and (cycle.response_started or self.pipeline):
            self._stage = Stage.DEAF
            self.transport.close()
        elif not is_in_body and cycle is not None and not cycle.response_complete:
            self._stage, cycle.keep_alive = Stage.DEAF, False
        else:
            if is_in_body:  # the application waits for it
                cycle.disconnected = True
                cycle.message_event.set()
                self.flow.resume_reading()  # nobody else will, and what still arrives is to be thrown away
            client = self.client[0] if self.client else "-"
            self._stage, self._since = Stage.LINGER, time.monotonic()
            self.transport.write(self._refusals.answer(code, self.server_state.default_headers, client))
            self.transport.write_eof()
