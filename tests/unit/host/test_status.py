import json
from typing import Any

import pytest

from host import status
from host.probe import Reply

SINCE = "2030-01-02T03:04:05.678Z"
CHANGE = {"at": SINCE, "from": "suspect", "to": "unhealthy"}
MISSING = {
    "reason": "http_status",
    "http_status": 503,
    "code": "db_missing",
    "detail": "The target answered 503.",
    "title": "The file is missing.",
    "remedy": "Put it back.",
}
SILENT = {
    "reason": "dns",
    "http_status": None,
    "code": None,
    "detail": "The host name could not be resolved.",
    "title": None,
    "remedy": "Check that it runs.",
}


def answer(fields: dict[str, Any]) -> Reply:
    return Reply(200, json.dumps(fields))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"state": "healthy", "since": SINCE, "last_poll": {"detail": "200.", "reason": None}, "transitions": []},
            {"state": "healthy since 2030-01-02 03:04:05 UTC"},
        ),
        (
            {"state": "unhealthy", "since": SINCE, "last_poll": MISSING, "transitions": [CHANGE, CHANGE]},
            {
                "state": "unhealthy since 2030-01-02 03:04:05 UTC",
                "what is wrong": "The file is missing. (http_status 503 db_missing)",
                "what to do": "Put it back.",
                "last change": "suspect → unhealthy, 2030-01-02 03:04:05 UTC",
            },
        ),
        (
            {"state": "suspect", "since": SINCE, "last_poll": SILENT, "transitions": []},
            {
                "state": "suspect since 2030-01-02 03:04:05 UTC",
                "what is wrong": "The host name could not be resolved. (dns)",
                "what to do": "Check that it runs.",
            },
        ),
        (
            {"state": "unknown", "since": SINCE, "last_poll": None, "transitions": []},
            {"state": "unknown since 2030-01-02 03:04:05 UTC"},
        ),
    ],
    ids=["healthy", "unhealthy", "suspect", "unknown"],
)
def test_the_verdict_says_what_is_wrong_and_what_to_do(fields: dict[str, Any], expected: dict[str, str]) -> None:
    assert dict(status.verdict(answer(fields))) == expected


@pytest.mark.parametrize(
    ("reply", "reason"), [(Reply(0, "Connection refused"), "Connection refused"), (Reply(502, "<html>"), "502")]
)
def test_without_a_verdict_the_reason_is_told(reply: Reply, reason: str) -> None:
    assert dict(status.verdict(reply)) == {"state": f"unknown: the healthchecker does not answer ({reason})"}


def test_the_sizes_are_in_units_that_people_read() -> None:
    sizes = {"sqlite:size": 700, "sqlite:walSize": 4_100_000, "volume:freeBytes": 93 * 10**9}
    checks = {name: [{"observedValue": size}] for name, size in sizes.items()}
    assert dict(status.database(answer({"checks": checks}))) == {
        "database": "700 bytes, its log 4.1 MB, 93.0 GB free on the volume"
    }


@pytest.mark.parametrize("reply", [Reply(0, "refused"), answer({"status": "fail", "checks": {"uptime": []}})])
def test_sizes_that_the_api_cannot_tell_are_left_out(reply: Reply) -> None:
    assert list(status.database(reply)) == []
