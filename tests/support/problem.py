"""What a problem must look like, wherever it comes from."""

import httpx2


def assert_problem(answer: httpx2.Response, code: str, status: int) -> None:
    """Assert that an answer is the whole problem `code`, and gives nothing away."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    body = answer.json()
    assert body["code"] == code, body
    assert body["status"] == status
    assert body["type"] == f"/problems/{code}"
    assert body["title"]
    assert body["detail"]
    assert body["remedy"]
    assert isinstance(body["retryable"], bool)
    assert answer.headers["cache-control"] == "no-store"
    for secret in ("Traceback", "sqlite3.", "SELECT ", "api.db"):
        assert secret not in answer.text


def assert_unavailable(answer: httpx2.Response, code: str) -> None:
    """Assert that an answer is 503 with `code`, and says when to look again."""
    assert_problem(answer, code, 503)
    assert int(answer.headers["retry-after"]) > 0
