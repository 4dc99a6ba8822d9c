"""One poll of the target: one new connection, one request, one verdict, inside one deadline."""

import asyncio
import errno
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import yarl

from healthchecker import __version__
from healthchecker.reason import Reason
from healthchecker.settings import Settings
from healthchecker.verdict import Answer, Verdict, judge, one_line

MOST_BYTES = 64 * 1024
ERROR_CHARACTERS = 200

REASON_OF_ERRNO = {
    errno.ECONNREFUSED: Reason.CONNECTION_REFUSED,
    errno.ECONNRESET: Reason.CONNECTION_RESET,
    errno.EPIPE: Reason.CONNECTION_RESET,
    errno.ETIMEDOUT: Reason.CONNECT_TIMEOUT,
    errno.ENETUNREACH: Reason.NETWORK_UNREACHABLE,
    errno.EHOSTUNREACH: Reason.NETWORK_UNREACHABLE,
}


@dataclass(frozen=True, slots=True)
class Poll:
    """A verdict and the seconds it took to reach."""

    verdict: Verdict
    duration: float


class Probe:
    """Polls the target that the settings name; never raises for anything the target or the network does."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stage = Reason.CONNECT_TIMEOUT  # what a time-out would mean at this moment

    async def __call__(self) -> Poll:
        """Ask once and judge the answer, within the total deadline of the settings."""
        started = time.monotonic()
        self._stage = Reason.CONNECT_TIMEOUT
        try:
            async with asyncio.timeout(self._settings.timeout):
                verdict = judge(await self._ask())
        except Exception as error:  # noqa: BLE001 - whatever went wrong, it is a failed poll and not the end of the loop
            verdict = self._explain(error)
        return Poll(verdict, time.monotonic() - started)

    async def _ask(self) -> Answer:
        # A session each time: nothing of the last poll (connection, DNS answer, cookie) may make this one look better.
        async with (
            aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=None, connect=self._settings.connect_timeout),
                headers={"User-Agent": f"healthchecker/{__version__}", "Accept-Encoding": "identity"},
                auto_decompress=False,
                middlewares=[_never_twice],
                trace_configs=[self._follow_stages()],
            ) as session,
            session.get(yarl.URL(self._settings.target_url), allow_redirects=False) as response,
        ):
            return Answer(
                response.status,
                response.headers.get("Content-Type", ""),
                response.headers.get("Retry-After", ""),
                await read_bounded(response.content),
            )

    def _follow_stages(self) -> aiohttp.TraceConfig:
        def enter(stage: Reason) -> Callable[..., Awaitable[None]]:
            async def entered(*_: object) -> None:
                self._stage = stage

            return entered

        stages = aiohttp.TraceConfig()
        stages.on_dns_resolvehost_start.append(enter(Reason.DNS))
        stages.on_dns_resolvehost_end.append(enter(Reason.CONNECT_TIMEOUT))
        stages.on_connection_create_end.append(enter(Reason.READ_TIMEOUT))
        return stages

    def _explain(self, error: Exception) -> Verdict:
        match error:
            case TimeoutError():
                reason = self._stage
            case aiohttp.ClientConnectorDNSError():
                reason = Reason.DNS
            case aiohttp.ClientSSLError():
                reason = Reason.TLS
            case OSError(errno=number) if number in REASON_OF_ERRNO:
                reason = REASON_OF_ERRNO[number]
            case aiohttp.ServerDisconnectedError() | ConnectionResetError():
                reason = Reason.CONNECTION_RESET
            case aiohttp.ClientResponseError() | aiohttp.ClientPayloadError():
                reason = Reason.PROTOCOL
            case _:
                cause = one_line(f"{type(error).__name__}: {error}", ERROR_CHARACTERS)
                return Verdict.failed(Reason.CONNECTION, detail=f"The connection to the target failed ({cause}).")
        return Verdict.failed(reason)


async def read_bounded(content: aiohttp.StreamReader) -> bytes | None:
    """Read a body to its end; give None when it is longer than any answer that is asked for here."""
    body = bytearray()
    async for chunk in content.iter_chunked(MOST_BYTES):
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)


async def _never_twice(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating a request whose connection was lost: that would hide what a probe is here to see."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as lost:
        raise aiohttp.ClientConnectionResetError(*lost.args) from lost
