"""One request, one new connection, as a stranger would make it."""

from typing import Any

import httpx2 as httpx


def ask(method: str, url: str, **request: Any) -> httpx.Response:
    """Send a request and give the answer.

    Raises:
        ConnectionError: There is no answer; an `OSError`, so that `eventually` asks again.

    """
    try:
        return httpx.request(method, url, timeout=15, **request)
    except httpx.TransportError as failure:
        raise ConnectionError(f"{method} {url}: {failure!r}") from failure
