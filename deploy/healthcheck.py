"""Ask one health endpoint and tell the answer by the exit code and one line, the line that `docker inspect` shows.

Runs inside both images as `python3 -I -S healthcheck.py URL`, on the standard library alone: it has to say what is
wrong when nothing else works.
"""

import http.client
import json
import signal
import sys
from types import FrameType
from typing import NoReturn
from urllib.parse import urlsplit

DEADLINE = 2.5  # seconds in all: Docker kills the check after 3, and its log then says nothing of the cause
MAX_BODY = 64 * 1024
MAX_LINE = 500


class TooSlowError(Exception):
    """Raised by the clock; not an `OSError`, which `http.client` takes for a reason to try the host's next address."""


def _give_up(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise TooSlowError


def _fetch(url: str) -> tuple[int, str, bytes]:
    """Give the status, the reason phrase and at most the first `MAX_BODY` bytes of the body."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError("it is not an http:// URL")
    connection = http.client.HTTPConnection(parts.hostname, parts.port)
    target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    connection.request("GET", target, headers={"Accept": "application/json", "Connection": "close"})
    response = connection.getresponse()
    return response.status, response.reason, response.read(MAX_BODY)


def _meaning(reason: str, body: bytes) -> str:
    """Give the problem and its remedy, or the `status` that the body states, or else the reason phrase."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return reason
    if not isinstance(document, dict):
        return reason
    if "code" in document:
        return f"{document['code']}: {document.get('title', '')} {document.get('remedy', '')}"
    return str(document.get("status", reason))


def check(url: str) -> tuple[bool, str]:
    """Give whether the endpoint answers 200, and what to show."""
    try:
        status, reason, body = _fetch(url)
    except TooSlowError:
        return False, f"no answer from {url}: not complete after {DEADLINE} s"
    except OSError as error:
        cause = error.strerror or str(error)
        return False, f"no answer from {url}: {cause[:1].lower()}{cause[1:]}"
    except (ValueError, http.client.InvalidURL) as error:
        return False, f"cannot ask {url}: {error}"
    except http.client.HTTPException:
        return False, f"no answer from {url}: what came back is not HTTP"
    return status == http.client.OK, f"{status} {_meaning(reason, body)}"


def main() -> int:
    """Check the URL that the command line names."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - the script and its one argument
        well, text = False, "usage: healthcheck.py URL"
    else:
        signal.signal(signal.SIGALRM, _give_up)
        signal.setitimer(signal.ITIMER_REAL, DEADLINE)
        well, text = check(sys.argv[1])
    printable = "".join(character if character.isprintable() else " " for character in text)
    sys.stdout.write(" ".join(printable.split())[:MAX_LINE] + "\n")
    return 0 if well else 1


if __name__ == "__main__":
    raise SystemExit(main())
