"""Tasks that are written to a running API by many clients at once, and what was acknowledged of them."""

import http.client
import json
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from host.trouble import Trouble

OK, CREATED = 200, 201
PAGE = 200


@dataclass
class Filling:
    """Writes until the block ends, or the API does.

    Attributes:
        url: Where the API is.
        clients: How many at once.
        acknowledged: The name of each task that was acknowledged, by its id, with the moment when.

    """

    url: str
    clients: int = 4
    acknowledged: dict[int, tuple[str, float]] = field(default_factory=dict)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Begin."""
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(self.clients)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def reach(self, count: int, within: float) -> bool:
        """Wait until so many are acknowledged, and tell whether that came to be."""
        until = time.monotonic() + within
        while len(self.acknowledged) < count and time.monotonic() < until:
            self._stopping.wait(0.05)
        return len(self.acknowledged) >= count

    def _write(self, client: int) -> None:
        place = urlsplit(self.url)
        connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=10)
        number = 0
        while not self._stopping.is_set():
            number += 1
            name = f"drill-{client}-{number}"
            try:
                connection.request("POST", "/tasks", json.dumps({"name": name}), {"Content-Type": "application/json"})
                answer = connection.getresponse()
                body = json.loads(answer.read())
            except (OSError, http.client.HTTPException, ValueError):
                connection.close()  # the next request opens it again
                self._stopping.wait(0.05)
                continue
            if answer.status == CREATED:
                self.acknowledged[body["id"]] = (name, time.monotonic())
        connection.close()


def stored(url: str) -> dict[int, str]:
    """Give the name of each task that the API has, by its id.

    Raises:
        Trouble: It does not give them.

    """
    place, cursor = urlsplit(url), "0"
    found: dict[int, str] = {}
    with closing(http.client.HTTPConnection(str(place.hostname), place.port, timeout=10)) as connection:
        while cursor:
            connection.request("GET", f"/tasks?limit={PAGE}&cursor={cursor}")
            answer = connection.getresponse()
            page = json.loads(answer.read())
            if answer.status != OK:
                raise Trouble(f"The API answered {answer.status} when its tasks were read back: {page['title']}")
            found |= {task["id"]: task["name"] for task in page["items"]}
            cursor = page["next_cursor"] or ""
    return found
