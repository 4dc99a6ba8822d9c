"""Ports of this machine for servers that are stopped and started again on the same one."""

import random
import socket
import sys
from contextlib import suppress

RANGE = (10_000, 30_000)  # below those that the kernel gives away by itself
CLAIM = "\0fastapi-sqlite-test-port-{}"  # an abstract name, see unix(7): it vanishes with the process that has it

_claims: list[socket.socket] = []


def free_port() -> int:
    """Return a port that nobody listens on, and that no other test of this machine gets while this process lives."""
    while True:
        port = random.randrange(*RANGE)  # noqa: S311 - no secret
        claim = socket.socket(socket.AF_UNIX)
        with suppress(OSError), socket.socket() as candidate:
            if sys.platform == "linux":
                claim.bind(CLAIM.format(port))
            candidate.bind(("127.0.0.1", port))
            _claims.append(claim)
            return port
        claim.close()
