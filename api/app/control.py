"""Litestream's control socket: how much of the database it has taken in, and how much of that the replica has."""

import http.client
import json
import os
import socket
import time
from pathlib import Path
from typing import Any, NamedTuple

SOCKET = "socket"
POLL_SECONDS = 0.002
LONGEST_ANSWER = 4096


class Position(NamedTuple):
    """The numbers of the last transactions that Litestream has taken in, and that the replica has; 0 is none."""

    taken: int
    replicated: int


class Control(http.client.HTTPConnection):
    """A connection to Litestream's control socket in a directory.

    The way leads through a descriptor of the directory, as the name of a socket may have no more than 107 bytes.
    """

    def __init__(self, folder: Path, *, seconds: float) -> None:
        super().__init__("litestream", timeout=seconds)
        self._folder = folder

    def connect(self) -> None:
        """Connect.

        Raises:
            OSError: Nobody listens there.

        """
        folder = os.open(self._folder, os.O_PATH | os.O_DIRECTORY)
        try:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(self.timeout)
            self.sock.connect(f"/proc/self/fd/{folder}/{SOCKET}")
        finally:
            os.close(folder)

    def ask(self, method: str, path: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send a request and give the answer.

        Raises:
            OSError, http.client.HTTPException: There is none, or it is no success; the message says why.

        """
        body = None if content is None else json.dumps(content)
        try:
            self.request(method, path, body)
            answer = self.getresponse()
            text = answer.read(LONGEST_ANSWER)
            found = json.loads(text)
        except ValueError:
            raise http.client.HTTPException(f"{method} {path} was answered by {text[:100]!r}") from None
        if answer.status != http.client.OK:
            raise http.client.HTTPException(str(found.get("error", answer.status)))
        return dict(found)

    def position(self, database: Path) -> Position:
        """Have Litestream take in all that the database has now, and tell what the replica has of it.

        Litestream's own waiting, with `wait` or a `timeout`, is not asked for: a checkpoint within such a request ends
        the transaction by which Litestream keeps others from beginning the log anew, and what they do then is lost to
        the replica (tried: rows were missing in the middle of it).

        Raises:
            OSError, http.client.HTTPException: That failed; the message says why.

        """
        answer = self.ask("POST", "/sync", {"path": str(database)})
        return Position(int(answer["txid"]), int(answer["replicated_txid"]))

    def hurry(self, database: Path) -> None:
        """Have Litestream bring all to the replica at once; see `position` for what that may cost.

        Raises:
            OSError, http.client.HTTPException: That failed; the message says why.

        """
        self.ask("POST", "/sync", {"path": str(database), "wait": True, "timeout": int(self.timeout or 0)})

    def sync(self, database: Path, *, seconds: float) -> None:
        """Wait until the replica has all that the database has now.

        Raises:
            OSError, http.client.HTTPException: It may lack something; the message says why.

        """
        deadline = time.monotonic() + seconds
        wanted, replicated = self.position(database)
        while not replicated >= wanted > 0:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the replica has {replicated} of {wanted} transactions after {seconds} s")
            time.sleep(POLL_SECONDS)
            _, replicated = self.position(database)
