import os
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app import __version__, library
from app.problems import PROBLEMS
from support.metrics import samples, total
from support.waiting import eventually


def shown(client: TestClient) -> str:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return answer.text


def test_the_label_of_a_request_must_be_the_template_of_its_route_and_never_its_path(client: TestClient) -> None:
    for number in range(5):
        client.get(f"/tasks/{number}")
    text = shown(client)
    assert samples(text, "http_requests_total", method="GET", route="/tasks/{task_id}", status="4xx") == [5]
    assert set(re.findall('route="(.*?)"', text)) == {"/tasks/{task_id}"}


def test_all_addresses_that_do_not_exist_must_share_one_label(client: TestClient) -> None:
    for number in range(5):
        client.get(f"/made-up/{number}")
        client.request("BREW", f"/made-up/{number}")
    text = shown(client)
    assert samples(text, "http_requests_total", route="unmatched", method="GET") == [5]
    assert samples(text, "http_requests_total", route="unmatched", method="other") == [5]
    assert "made-up" not in text


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/db-check", "/health", "/metrics"])
def test_a_probe_must_not_count_as_a_request(client: TestClient, path: str) -> None:
    client.get(path)
    client.head(path)
    text = shown(client)
    assert total(text, "http_requests_total") == total(text, "http_requests_in_flight") == 0


def test_a_mistake_of_the_service_must_be_counted_as_one(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("app.tasks.store.page", broken)
    client.get("/tasks")
    text = shown(client)
    assert samples(text, "http_requests_total", route="/tasks", status="5xx") == [1]
    assert samples(text, "http_requests_in_flight") == [0]


def test_writes_must_be_counted_with_their_wait_and_group(client: TestClient) -> None:
    for number in range(3):
        assert client.post("/tasks", json={"name": str(number)}).status_code == 201
    text = shown(client)
    assert total(text, "sqlite_write_wait_seconds_count") == total(text, "sqlite_write_group_units_count") >= 3


def test_the_room_of_the_database_must_be_told(client: TestClient, data: Path) -> None:
    def told() -> None:
        text = shown(client)
        assert samples(text, "sqlite_database_bytes") == [data.stat().st_size]
        assert samples(text, "sqlite_wal_bytes") == [Path(f"{data}-wal").stat().st_size]
        assert samples(text, "sqlite_volume_free_bytes")[0] > 0

    eventually(told, within=5)


def test_what_is_in_use_must_be_told(client: TestClient) -> None:
    text = shown(client)
    assert samples(text, "sqlite_info", version=library.VERSION) == [1]
    assert samples(text, "api_build_info", version=__version__) == [1]


def test_exactly_one_state_must_be_1_and_every_code_must_be_there(client: TestClient) -> None:
    text = shown(client)
    assert samples(text, "sqlite_database_state", state="ready") == [1]
    for code, problem in PROBLEMS.items():
        if problem.status == 503:
            assert samples(text, "sqlite_database_state", state=code) == [0]


def test_metrics_must_be_there_while_the_database_is_gone_and_say_so(client: TestClient, data: Path) -> None:
    moved = data.with_name("moved.db")
    data.rename(moved)

    def told() -> None:
        text = shown(client)
        assert samples(text, "sqlite_database_state", state="db_missing") == [1]
        assert samples(text, "sqlite_database_state", state="ready") == [0]
        assert samples(text, "sqlite_database_bytes") == []

    eventually(told, within=5)
    moved.rename(data)


def test_metrics_must_not_touch_the_database(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = client.app.state.keeper  # type: ignore[attr-defined]
    client.portal.call(keeper.__aexit__)  # type: ignore[union-attr]

    def touched(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr("app.database.Database.verify", touched)
    monkeypatch.setattr("app.datafile.disk_faults", touched)
    monkeypatch.setattr(os, "stat", touched)
    assert samples(shown(client), "sqlite_database_bytes")


def test_head_must_answer_like_get_without_a_body(client: TestClient) -> None:
    got, head = client.get("/metrics"), client.head("/metrics")
    assert (head.status_code, head.headers["content-type"], head.content) == (200, got.headers["content-type"], b"")
    assert got.headers["cache-control"] == "no-store"


def test_openmetrics_must_be_given_to_who_asks_for_it(client: TestClient) -> None:
    answer = client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert answer.text.endswith("# EOF\n")
