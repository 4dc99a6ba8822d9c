import re
import sqlite3

import pytest
from fastapi.testclient import TestClient

from app import library
from app.problems import PROBLEMS, Code
from support.problem import assert_problem

HEALTH = ["/livez", "/readyz", "/db-check", "/health"]


def test_the_database_check_answers_exactly_its_contract(client: TestClient) -> None:
    answer = client.get("/db-check")
    assert (answer.status_code, answer.content) == (200, b'{"results":[1]}')
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.fault("H1")
@pytest.mark.parametrize("path", HEALTH)
def test_every_health_answer_is_fresh_and_has_a_head(client: TestClient, path: str) -> None:
    got, head = client.get(path), client.head(path)
    assert got.status_code == head.status_code == 200
    assert got.headers["cache-control"] == head.headers["cache-control"] == "no-store"
    assert head.content == b""


def test_the_details_are_in_the_format_for_health(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "has_safe_log", lambda: True)
    answer = client.get("/health")
    assert answer.headers["content-type"] == "application/health+json"
    body = answer.json()
    assert body["status"] == "pass"
    assert body["checks"]["sqlite:schemaRevision"][0]["observedValue"] == "0002"
    assert body["checks"]["volume:freeBytes"][0]["observedValue"] > 0
    assert body["checks"]["sqlite:size"][0]["observedValue"] >= 4096
    assert body["checks"]["sqlite:version"][0]["observedValue"] == sqlite3.sqlite_version


def test_a_library_with_the_bug_in_its_log_is_a_warning_with_its_remedy(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "has_safe_log", lambda: False)
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "warn")
    assert answer.json()["notes"] == [library.REMEDY]
    assert answer.json()["checks"]["sqlite:version"][0]["status"] == "warn"


def test_the_welcome_leads_everywhere_it_says(client: TestClient) -> None:
    body = client.get("/").json()
    for path in [body["documentation"], body["example"], *body["health"].values()]:
        assert client.get(path).status_code == 200


@pytest.mark.parametrize("code", Code)
def test_every_problem_has_a_page_with_its_title_and_remedy(client: TestClient, code: Code) -> None:
    answer = client.get(f"/problems/{code}")
    assert answer.status_code == 200
    text = re.sub("&#x27;", "'", answer.text)
    assert PROBLEMS[code].title in text
    assert PROBLEMS[code].remedy in text
    assert f"/problems/{code}" in client.get("/problems").text


@pytest.mark.fault("H1")
@pytest.mark.parametrize("path", ["/nope", "/problems/nope", "/tasks/", "/db-check/", "/%2e%2e/etc/passwd"])
def test_an_unknown_address_is_a_problem(client: TestClient, path: str) -> None:
    assert_problem(client.get(path), "not_found", 404)


@pytest.mark.fault("H1")
@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/db-check", "GET, HEAD"),
        ("POST", "/livez", "GET, HEAD"),
        ("PUT", "/tasks", "GET, POST"),
        ("PUT", "/tasks/1", "DELETE, GET, PATCH"),
        ("BREW", "/tasks", "GET, POST"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(client: TestClient, method: str, path: str, allow: str) -> None:
    answer = client.request(method, path)
    assert_problem(answer, "method_not_allowed", 405)
    assert answer.headers["allow"] == allow


def test_the_interface_is_documented(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/", "/livez", "/readyz", "/db-check", "/health", "/tasks", "/tasks/{task_id}"} <= set(paths)
    assert "application/health+json" in paths["/health"]["get"]["responses"]["200"]["content"]


def test_every_reference_in_the_documentation_leads_somewhere(client: TestClient) -> None:
    schema = client.get("/openapi.json")
    for name in re.findall(r'"\$ref":"#/components/schemas/(\w+)"', schema.text):
        assert name in schema.json()["components"]["schemas"]
    assert "$defs" not in schema.text
