"""One question to the running stack over HTTP."""

import http.client
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

OK = 200


@dataclass(frozen=True)
class Reply:
    """An HTTP status and body; status 0 is no reply at all, its body the reason."""

    status: int
    body: str

    @property
    def fields(self) -> dict[str, Any]:
        """Give the members of a JSON object, none for any other body."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


def get(url: str) -> Reply:
    """Ask `url`, which is on this host, so that no proxy is asked."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5) as response:
            return Reply(response.status, response.read().decode(errors="replace"))
    except urllib.error.HTTPError as error:
        with error:
            return Reply(error.code, error.read().decode(errors="replace"))
    except (OSError, http.client.HTTPException) as error:
        return Reply(0, str(getattr(error, "reason", error)))
