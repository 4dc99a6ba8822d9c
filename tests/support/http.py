"""HTTP as the tests need it: that there is no answer is an `OSError`, so that `eventually` asks again."""

from typing import Any

import httpx2 as httpx


class Client(httpx.Client):
    """A client whose requests raise `ConnectionError` when there is no answer."""

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send a request and give the answer."""
        try:
            return super().send(request, **options)
        except httpx.TransportError as failure:
            raise ConnectionError(f"{request.method} {request.url}: {failure!r}") from failure


def ask(method: str, url: str, **request: Any) -> httpx.Response:
    """Make one request on one new connection, as a stranger would."""
    with Client(timeout=15) as client:
        return client.request(method, url, **request)
