from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from fastapi.testclient import TestClient

from support.problem import assert_problem


def create(client: TestClient, name: str) -> int:
    return int(client.post("/tasks", json={"name": name}).json()["id"])


def test_a_created_task_is_found_where_the_answer_says(client: TestClient) -> None:
    created = client.post("/tasks", json={"name": "  water the plants "})
    assert created.status_code == 201
    assert client.get(created.headers["location"]).json() == created.json()
    assert created.json()["name"] == "water the plants"


def test_created_at_is_now_in_utc(client: TestClient) -> None:
    created_at = client.post("/tasks", json={"name": "x"}).json()["created_at"]
    age = datetime.now(UTC) - datetime.fromisoformat(created_at)
    assert timedelta(seconds=-1) < age < timedelta(seconds=30)


def test_a_renamed_task_keeps_its_id_and_time(client: TestClient) -> None:
    before = client.post("/tasks", json={"name": "old"}).json()
    renamed = client.patch(f"/tasks/{before['id']}", json={"name": "new"})
    assert renamed.json() == {**before, "name": "new"}
    assert client.get(f"/tasks/{before['id']}").json() == renamed.json()


def test_a_deleted_task_is_gone_and_its_id_is_never_used_again(client: TestClient) -> None:
    task_id = create(client, "short-lived")
    assert client.delete(f"/tasks/{task_id}").status_code == 204
    assert_problem(client.get(f"/tasks/{task_id}"), "not_found", 404)
    assert_problem(client.delete(f"/tasks/{task_id}"), "not_found", 404)
    assert_problem(client.patch(f"/tasks/{task_id}", json={"name": "x"}), "not_found", 404)
    assert create(client, "next") > task_id


def test_following_the_cursors_gives_every_task_once_in_order(client: TestClient) -> None:
    ids = [create(client, f"task {number}") for number in range(7)]
    seen: list[int] = []
    cursor: str | None = "0"
    while cursor is not None:
        page = client.get("/tasks", params={"limit": 3, "cursor": cursor}).json()
        assert len(page["items"]) <= 3
        seen += [task["id"] for task in page["items"]]
        cursor = page["next_cursor"]
    assert seen == ids


@pytest.mark.parametrize("name", ["x" * 200, "日本語 🪴", "'; DROP TABLE tasks; --", "<script>"])
def test_any_printable_name_comes_back_as_it_was(client: TestClient, name: str) -> None:
    assert client.get(f"/tasks/{create(client, name)}").json()["name"] == name


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "   "},
        {"name": "x" * 201},
        {"name": "a\x00b"},
        {"name": "a\nb"},
        {"name": 5},
        {"name": None},
        {"name": ["x"]},
        {"name": "x", "id": 5},
        {},
        [],
        "x",
        None,
    ],
    ids=ascii,
)
def test_a_body_of_the_wrong_form_is_refused(client: TestClient, body: object) -> None:
    assert_problem(client.post("/tasks", json=body), "invalid_request", 422)


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        (b"", "invalid_request", 422),
        (b'{"name": "x"', "malformed_json", 400),
        (b"\xff\xfe", "malformed_json", 400),
        (b'{"name":"\xff"}', "bad_request", 400),
        (b'{"name":"\\ud800"}', "invalid_request", 422),
        (b"[" * 60_000, "bad_request", 400),
        (b'{"name":' + b"9" * 60_000 + b"}", "bad_request", 400),
        (b'{"name":"' + b"x" * 70_000 + b'"}', "body_too_large", 413),
    ],
    ids=lambda value: ascii(value)[:24],
)
def test_a_body_that_is_no_json_or_too_large_is_refused(
    client: TestClient, body: bytes, code: str, status: int
) -> None:
    answer = client.post("/tasks", content=body, headers={"Content-Type": "application/json"})
    assert_problem(answer, code, status)


def test_a_name_of_any_length_that_the_caller_made_up_is_not_repeated(client: TestClient) -> None:
    answer = client.post("/tasks", json={"name": "x", "y" * 50_000: 1})
    assert_problem(answer, "invalid_request", 422)
    assert len(answer.content) < 1000


def test_a_body_without_an_announced_length_is_bounded_too(client: TestClient) -> None:
    chunks = (b"x" * 1024 for _ in range(100))
    answer = client.post("/tasks", content=chunks, headers={"Content-Type": "application/json"})
    assert_problem(answer, "body_too_large", 413)


@pytest.mark.parametrize("task_id", ["abc", "1.5", "0", "-1", "9223372036854775808", "9" * 5000, "%00", "1e3"])
def test_an_id_that_is_no_64_bit_integer_is_refused(client: TestClient, task_id: str) -> None:
    assert_problem(client.get(f"/tasks/{task_id}"), "invalid_request", 422)


@pytest.mark.parametrize(
    "query", ["cursor=abc", "cursor=-1", "cursor=99999999999999999999", "cursor=", "limit=0", "limit=201", "limit=x"]
)
def test_an_absurd_cursor_or_limit_is_refused(client: TestClient, query: str) -> None:
    assert_problem(client.get(f"/tasks?{query}"), "invalid_request", 422)


def test_the_largest_id_is_simply_not_there(client: TestClient) -> None:
    assert_problem(client.get("/tasks/9223372036854775807"), "not_found", 404)


def create_with_key(client: TestClient, key: str, name: str = "x") -> httpx2.Response:
    return client.post("/tasks", json={"name": name}, headers={"Idempotency-Key": key})


@pytest.mark.fault("K7")
def test_a_create_that_is_sent_again_with_its_key_is_answered_with_the_task_that_it_made(client: TestClient) -> None:
    first, again = create_with_key(client, "a-key"), create_with_key(client, "a-key")
    assert (again.status_code, again.json(), again.headers["location"]) == (
        201,
        first.json(),
        first.headers["location"],
    )
    assert client.get("/tasks").json()["items"] == [first.json()]
    assert create_with_key(client, "another-key").json() != first.json()


def test_a_key_in_quotation_marks_is_the_same_key(client: TestClient) -> None:
    assert create_with_key(client, '"a-key"').json() == create_with_key(client, "a-key").json()


def test_a_key_that_another_request_had_is_refused_and_nothing_made(client: TestClient) -> None:
    first = create_with_key(client, "a-key").json()
    assert_problem(create_with_key(client, "a-key", name="y"), "idempotency_key_reused", 422)
    assert client.get("/tasks").json()["items"] == [first]


@pytest.mark.parametrize("key", ["", " ", '"', '""', '"open', 'a"b', "a b", "x" * 256, '"' + "x" * 256 + '"', "é"])
def test_what_is_no_key_is_refused(client: TestClient, key: str) -> None:
    assert_problem(create_with_key(client, key.encode()), "invalid_request", 422)  # type: ignore[arg-type]
    assert client.get("/tasks").json()["items"] == []
