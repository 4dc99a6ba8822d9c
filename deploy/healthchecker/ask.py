"""What the running healthchecker knows, for another process beside it."""

from typing import Any

import aiohttp

from healthchecker.settings import Settings

TIMEOUT_SECONDS = 3.0
LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - who listens everywhere is asked there

Picture = dict[str, Any]


class NoAnswerError(Exception):
    """No running healthchecker answers; `str()` says so in one sentence."""


async def ask(settings: Settings) -> Picture:
    """Give what `/status` of the running healthchecker answers.

    Raises:
        NoAnswerError: It does not answer.

    """
    host = LOOPBACK.get(settings.host, settings.host)
    url = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/status"
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=timeout, raise_for_status=True) as session, session.get(url) as answer:
            picture: Picture = await answer.json()
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error) or f"nothing within {TIMEOUT_SECONDS:g} s"
        raise NoAnswerError(f"No healthchecker answers at {url} ({why}). Start it, or ask in its container") from None
    return picture
