import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis

from app.http.problem import ProblemBody
from app.problems import PROBLEMS, Code
from support.openapi import Json, document, examples, operations, resolved


def answers() -> dict[str, Json]:
    own = {
        f"{name} {status}": answer
        for name, operation in operations().items()
        for status, answer in operation["responses"].items()
    }
    return own | {f"anywhere {name}": answer for name, answer in document()["components"]["responses"].items()}


def nodes(part: Any) -> Iterator[Json]:
    if isinstance(part, dict):
        yield part
        for value in part.values():
            yield from nodes(value)
    elif isinstance(part, list):
        for value in part:
            yield from nodes(value)


every_operation = pytest.mark.parametrize("name", operations())
every_answer = pytest.mark.parametrize("name", answers())


def test_the_document_is_valid_openapi_3_1() -> None:
    assert document()["openapi"].startswith("3.1.")
    schemathesis.openapi.from_dict(document()).validate()


def test_the_document_says_what_it_is_of() -> None:
    about = document()["info"]
    assert all(about[word] for word in ("title", "summary", "description", "version"))
    assert about["license"] == {"name": "MIT", "identifier": "MIT"}
    assert all(server["url"] and server["description"] for server in document()["servers"])


@every_operation
def test_every_operation_says_what_it_does(name: str) -> None:
    operation = operations()[name]
    described = {tag["name"] for tag in document()["tags"] if tag["description"]}
    assert operation["summary"]
    assert operation["description"].endswith(".")
    assert set(operation["tags"]) <= described
    assert len(operation["tags"]) == 1


@every_operation
def test_every_parameter_is_described_and_has_an_example(name: str) -> None:
    for parameter in operations()[name].get("parameters", []):
        assert parameter["description"], parameter["name"]
        assert parameter["schema"].keys() & {"type", "anyOf"}
        assert parameter["schema"]["examples"]


@every_operation
def test_every_body_has_a_schema_with_an_example(name: str) -> None:
    for content in resolved(operations()[name].get("requestBody", {})).get("content", {}).values():
        assert examples(content)


def test_every_operation_has_a_readable_name_of_its_own_that_does_not_change() -> None:
    # A generated client calls its functions so: a changed name breaks whoever uses one.
    assert sorted(operation["operationId"] for operation in operations().values()) == [
        "create_task",
        "db_check",
        "delete_task",
        "get_task",
        "health",
        "list_problems",
        "list_tasks",
        "livez",
        "metrics",
        "readyz",
        "rename_task",
        "show_problem",
        "welcome",
    ]


@every_answer
def test_every_answer_has_a_status_of_its_own_a_description_and_described_headers(name: str) -> None:
    answer = answers()[name]
    assert not name.endswith("XX")
    assert answer["description"] not in ("", "Successful Response")
    for header in answer.get("headers", {}).values():
        assert header["description"]
        assert header["schema"]
        assert header["example"]


@every_answer
def test_every_answer_has_a_schema_and_an_example(name: str) -> None:
    answer = answers()[name]
    assert name.endswith(" 204") or answer["content"]
    for content in answer.get("content", {}).values():
        assert resolved(content["schema"])
        assert examples(content)


@every_answer
def test_every_problem_is_the_one_shared_schema_with_real_problems_of_its_status(name: str) -> None:
    content = answers()[name].get("content", {}).get("application/problem+json")
    if content is None:
        assert re.search(r" 20\d$|GET /health 503", name)
        return
    assert content["schema"] == {"$ref": "#/components/schemas/ProblemBody"}
    assert "Cache-Control" in answers()[name]["headers"]
    for example in examples(content):
        problem = ProblemBody.model_validate(example)
        row = PROBLEMS[Code(problem.code)]
        assert name.endswith(str(row.status)) or name.startswith("anywhere ")
        assert (problem.title, problem.remedy, problem.status) == (row.title, row.remedy, row.status)
        assert ("Retry-After" in answers()[name]["headers"]) is (row.retry_after is not None)


def test_every_problem_of_the_table_is_documented_somewhere() -> None:
    documented = {
        example["code"]
        for answer in answers().values()
        for media_type, content in answer.get("content", {}).items()
        if media_type == "application/problem+json"
        for example in examples(content)
    }
    assert documented == set(Code)


def test_every_link_leads_to_an_operation() -> None:
    names = {operation["operationId"] for operation in operations().values()}
    links = [link for answer in answers().values() for link in answer.get("links", {}).values()]
    assert links
    assert {link["operationId"] for link in links} <= names


def test_every_reference_leads_somewhere_and_every_schema_is_used() -> None:
    references = {node["$ref"] for node in nodes(document()) if isinstance(node.get("$ref"), str)}
    assert all(resolved({"$ref": reference}) for reference in references)
    assert {f"#/components/schemas/{name}" for name in document()["components"]["schemas"]} <= references
