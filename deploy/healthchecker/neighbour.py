"""A service beside the API that is asked every 10 s what it knows of the copies of the data."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Generic, TypeVar

import aiohttp
import structlog
import yarl
from pydantic import ValidationError

from healthchecker import __version__
from healthchecker.names import Names
from healthchecker.probe import MOST_BYTES, read_bounded
from healthchecker.told import Told
from healthchecker.verdict import OK, one_line
from healthchecker.words import moment

EVERY_SECONDS = 10.0
DEADLINE = 2.0
PATIENCE = 3  # as many silences are told; one alone may be a restart
TROUBLE_CHARACTERS = 300

T = TypeVar("T", bound=Told)


class WrongAnswerError(Exception):
    """The answer is not what it must be; `str()` says in what, to follow the service's name."""


class Neighbour(Generic[T]):
    """Asks one service; a name that does not resolve is a service that nobody uses, until it has been there once.

    Args:
        service: Its name in Compose.
        url: Where to ask; nothing asks nobody.
        form: What its answer must be.
        now: Gives the present moment, in UTC.

    Attributes:
        told: What it told last, also when that was a while ago; None before.
        answers: Whether its last answer was as it must be.
        trouble: One sentence on why there is no good answer now; None while there is one, or while a silence is young.

    """

    def __init__(
        self, service: str, url: str, form: type[T], now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.service = service
        self.told: T | None = None
        self.answers = False
        self.trouble: str | None = None
        self._url = yarl.URL(url)
        self._form = form
        self._names = Names()
        self._now = now
        self._answered = now()  # before the first answer, since when one is waited for
        self._silences = 0

    @property
    def used(self) -> bool:
        """Tell whether there is, or was since this start, such a service."""
        return self.told is not None or self.trouble is not None

    @property
    def remedy(self) -> str:
        """Give what to do about its trouble."""
        return (
            f"See its log: docker compose logs {self.service}. "
            "Where it is not to run any more: docker compose restart healthchecker."
        )

    async def run(self) -> None:
        """Ask until cancelled."""
        while self._url:
            await self.look()
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        """Ask once and note what came; does not raise for anything that the service or the network does."""
        self.answers = False
        try:
            async with asyncio.timeout(DEADLINE):
                self.told = await self._ask()
        except aiohttp.ClientConnectorDNSError:
            if self.used:
                self._miss()
        except (aiohttp.ClientResponseError, aiohttp.ClientPayloadError):
            self._hear(f"The service {self.service} answered with what is not well-formed HTTP.")
        except WrongAnswerError as wrong:
            self._hear(one_line(f"The service {self.service} {wrong}.", TROUBLE_CHARACTERS))
        except Exception:  # noqa: BLE001 - whatever went wrong, it is one silence and not the end of the asking
            self._miss()
        else:
            self.answers = True
            self._hear(None)

    async def _ask(self) -> T:
        # A session each time, as in a poll: a service that has moved is found again, and no cookie is kept.
        async with (
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=self._names),
                headers={"User-Agent": f"healthchecker/{__version__}", "Accept-Encoding": "identity"},
                auto_decompress=False,
            ) as session,
            session.get(self._url, allow_redirects=False) as response,
        ):
            if response.status != OK:
                raise WrongAnswerError(f"answered {response.status} instead of 200")
            body = await read_bounded(response.content)
        if body is None:
            raise WrongAnswerError(f"answered with more than {MOST_BYTES // 1024} KiB")
        try:
            return self._form.model_validate_json(body)
        except ValidationError as error:
            mistake = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in mistake["loc"]) or "all of it"
            raise WrongAnswerError(f"answered with what cannot be read ({where}: {mistake['msg']})") from None

    def _hear(self, trouble: str | None) -> None:
        self._answered, self._silences = self._now(), 0
        self._have(trouble)

    def _miss(self) -> None:
        self._silences += 1
        if self._silences >= PATIENCE:
            self._have(f"The service {self.service} has not answered since {moment(self._answered)}.")

    def _have(self, trouble: str | None) -> None:
        before, self.trouble = self.trouble, trouble
        if trouble and not before:
            structlog.get_logger().warning("neighbour_in_trouble", service=self.service, detail=trouble)
        elif before and not trouble:
            structlog.get_logger().info("neighbour_answers_again", service=self.service)
