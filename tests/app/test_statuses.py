from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from app.tasks import store
from support.openapi import Json, document, examples, operations, resolved

JSON = {"Content-Type": "application/json"}
ABSENT = {"integer": 2**63 - 1, "string": "nothing"}
# Before a request comes to the application: proved with the real server, in the ring of the processes.
MADE_BY_THE_SERVER = {"request_timeout", "uri_too_long", "headers_too_large"}
STATUSES = [(name, status) for name, operation in operations().items() for status in operation["responses"]]


@dataclass
class Call:
    """A request as the examples of the document have it, for a maker to spoil."""

    name: str
    parameters: list[Json]
    body: Any

    @classmethod
    def of(cls, name: str) -> "Call":
        operation = operations()[name]
        contents = operation.get("requestBody", {}).get("content", {})
        return cls(
            name,
            [{**it, "value": it["schema"]["examples"][0]} for it in operation.get("parameters", [])],
            examples(contents["application/json"])[0] if contents else None,
        )

    def values(self, place: str) -> dict[str, str]:
        return {it["name"]: str(it["value"]) for it in self.parameters if it["in"] == place}

    def send(self, client: TestClient, content: bytes | None = None) -> httpx2.Response:
        method, path = self.name.split(" ")
        body: dict[str, Any] = {"json": self.body} if content is None and self.body else {"content": content}
        headers = self.values("header") | ({} if content is None else JSON)
        return client.request(
            method, path.format_map(self.values("path")), params=self.values("query"), headers=headers, **body
        )


Maker = Callable[[Call, TestClient, Path], httpx2.Response]


def as_documented(call: Call, client: TestClient, _data: Path) -> httpx2.Response:
    return call.send(client)


def with_a_broken_body(call: Call, client: TestClient, _data: Path) -> httpx2.Response:
    return call.send(client, b'{"')


def of_what_is_not_there(call: Call, client: TestClient, _data: Path) -> httpx2.Response:
    for parameter in call.parameters:
        if parameter["in"] == "path":
            parameter["value"] = ABSENT[parameter["schema"]["type"]]
    return call.send(client)


def with_too_large_a_body(call: Call, client: TestClient, _data: Path) -> httpx2.Response:
    return call.send(client, b" " * 70_000)


def of_the_wrong_form(call: Call, client: TestClient, _data: Path) -> httpx2.Response:
    for parameter in call.parameters:
        if parameter["schema"].get("type") == "integer":
            parameter["value"] = "x"
    return call.send(client, b"[]" if call.body else None)


def without_the_database(call: Call, client: TestClient, data: Path) -> httpx2.Response:
    data.unlink()
    return call.send(client)


MAKERS: dict[str, Maker] = {
    "200": as_documented,
    "201": as_documented,
    "204": as_documented,
    "400": with_a_broken_body,
    "404": of_what_is_not_there,
    "413": with_too_large_a_body,
    "422": of_the_wrong_form,
    "503": without_the_database,
}


def assert_documented(answer: httpx2.Response, documented: Json) -> None:
    for name, header in documented.get("headers", {}).items():
        assert answer.headers.get(name) or not header["required"], name
    if "content" not in documented:
        assert answer.content == b""
        return
    media_type = answer.headers["content-type"].split(";")[0]
    content = documented["content"][media_type]
    if media_type.endswith("json"):
        assert set(resolved(content["schema"])["required"]) <= set(answer.json())
    if media_type == "application/problem+json":
        assert answer.json()["code"] in {example["code"] for example in examples(content)}


@pytest.mark.fault("H11")
@pytest.mark.parametrize(("name", "status"), STATUSES)
def test_every_documented_status_can_happen(client: TestClient, data: Path, name: str, status: str) -> None:
    assert client.post("/tasks", json={"name": "the one of the examples"}).json()["id"] == 1
    assert status in MAKERS, f"{name} documents {status}, and nobody here knows how that could come about"
    answer = MAKERS[status](Call.of(name), client, data)
    assert str(answer.status_code) == status, answer.text
    assert_documented(answer, operations()[name]["responses"][status])


@pytest.mark.fault("H11")
def test_every_answer_that_is_documented_for_all_addresses_can_happen(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make_a_mistake(*_: Any, **__: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(store, "page", make_a_mistake)
    made = {
        "not_found": client.get("/nowhere"),
        "method_not_allowed": client.put("/tasks"),
        "internal_error": client.get("/tasks"),
    }
    documented = document()["components"]["responses"]
    assert made.keys() == documented.keys() - MADE_BY_THE_SERVER
    for code, answer in made.items():
        assert answer.json()["code"] == code
        assert_documented(answer, documented[code])
