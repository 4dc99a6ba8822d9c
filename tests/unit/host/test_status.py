import json
from typing import Any

import pytest

from host import status
from host.probe import Reply

SINCE = "2030-01-02T03:04:05.678Z"
MISSING = {"detail": "The target answered 503.", "title": "The file is missing.", "remedy": "Put it back."}


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (
            {"state": "healthy", "since": SINCE, "last_poll": {"detail": "The target answered 200.", "title": None}},
            "healthy since 2030-01-02T03:04:05 UTC. The target answered 200.",
        ),
        (
            {"state": "unhealthy", "since": SINCE, "last_poll": MISSING},
            "unhealthy since 2030-01-02T03:04:05 UTC. The file is missing. Put it back.",
        ),
        ({"state": "unknown", "since": SINCE, "last_poll": None}, "unknown since 2030-01-02T03:04:05 UTC."),
    ],
)
def test_the_verdict_is_one_line(reply: dict[str, Any], expected: str) -> None:
    assert status.verdict(Reply(200, json.dumps(reply))) == expected


@pytest.mark.parametrize(
    ("reply", "reason"), [(Reply(0, "Connection refused"), "Connection refused"), (Reply(502, "<html>"), "502")]
)
def test_without_a_verdict_the_reason_is_told(reply: Reply, reason: str) -> None:
    assert status.verdict(reply) == f"none, the healthchecker does not answer ({reason})"
