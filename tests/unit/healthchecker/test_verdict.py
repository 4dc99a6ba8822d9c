import json
from typing import Any

import pytest

from healthchecker.reason import Reason
from healthchecker.verdict import Answer, Verdict, judge, one_line

GOOD = b'{"results":[1]}'
PROBLEM = {"code": "db_missing", "title": "The database file is missing", "remedy": "Put it back.", "status": 503}


def answer(body: bytes | None = GOOD, content_type: str = "application/json", status: int = 200) -> Verdict:
    return judge(Answer(status, content_type, "", body))


def refusal(problem: Any, retry_after: str = "") -> Verdict:
    return judge(Answer(503, "application/problem+json", retry_after, json.dumps(problem).encode()))


@pytest.mark.parametrize("body", [GOOD, b' {"results" : [ 1 ]}\n', '{"results":[1]}'.encode("utf-16")])
@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8", "application/json;"])
def test_only_200_with_json_and_exactly_the_promised_body_is_a_success(body: bytes, content_type: str) -> None:
    assert answer(body, content_type).ok


@pytest.mark.fault("N6")
@pytest.mark.parametrize(
    "body",
    [
        b'{"results":[true]}',
        b'{"results":[1.0]}',
        b'{"results":["1"]}',
        b'{"results":[2]}',
        b'{"results":[]}',
        b'{"results":[1,1]}',
        b'{"results":1}',
        b'{"results":null}',
        b'{"results":{"0":1}}',
        b'{"results":[1],"more":0}',
        b"{}",
        b"[1]",
        b"1",
        b"null",
        b"",
        b'{"results":[1]',
        b'{"results":[1]}{"results":[1]}',
        b"\xff\xfe\x00",
        b'{"results":[' + b"1" * 10_000 + b"]}",
        b"[" * 60_000,
    ],
)
def test_any_other_body_is_a_failure_with_the_reason_body(body: bytes) -> None:
    assert answer(body).reason is Reason.BODY


@pytest.mark.parametrize(
    "content_type", ["", "text/html", "text/json", "application/problem+json", "application/jsonp"]
)
def test_any_other_media_type_is_a_failure_with_the_reason_content_type(content_type: str) -> None:
    assert answer(content_type=content_type).reason is Reason.CONTENT_TYPE


@pytest.mark.fault("N6")
@pytest.mark.parametrize("status", [100, 201, 204, 206, 302, 404, 500, 503, 999])
def test_any_other_status_is_a_failure_with_the_reason_http_status(status: int) -> None:
    verdict = answer(status=status)
    assert (verdict.reason, verdict.http_status) == (Reason.HTTP_STATUS, status)


@pytest.mark.fault("N6")
def test_a_body_longer_than_the_probe_reads_has_its_own_reason() -> None:
    assert answer(None).reason is Reason.BODY_TOO_LARGE
    assert answer(None, status=502).reason is Reason.HTTP_STATUS


def test_the_problem_of_the_api_travels_with_the_verdict() -> None:
    verdict = refusal(PROBLEM, retry_after="5")
    assert (verdict.code, verdict.title, verdict.remedy) == (PROBLEM["code"], PROBLEM["title"], PROBLEM["remedy"])
    assert verdict.retry_after == 5
    assert str(verdict) == "http_status 503 db_missing: The database file is missing. Remedy: Put it back."


def test_a_problem_is_believed_only_with_its_media_type() -> None:
    assert answer(json.dumps(PROBLEM).encode(), "application/json", 503).code is None


@pytest.mark.parametrize(
    "problem", [[], "text", 7, None, {"code": 7, "title": ["a"], "remedy": {"b": 1}}, {"code": " \n"}]
)
def test_a_problem_of_the_wrong_shape_is_a_plain_failure(problem: Any) -> None:
    verdict = refusal(problem)
    assert (verdict.code, verdict.title) == (None, None)
    assert str(verdict).startswith("http_status 503: The target answered 503 instead of 200. Remedy: ")


def test_nothing_the_target_sends_breaks_a_line_or_colours_a_terminal() -> None:
    hostile = "a\x1b[31mred\r\nINFO forged\u2028\u202e\x00\ud800" + "x" * 100_000
    verdict = refusal({"code": hostile, "title": hostile, "remedy": hostile})
    assert str(verdict).isprintable()
    assert len(str(verdict)) < 1000
    str(verdict).encode()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        (" 30 ", 30),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("inf", None),
        ("٣", None),
        ("9" * 5000, None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", None),
    ],
)
def test_retry_after_is_a_number_of_seconds_or_nothing(header: str, seconds: float | None) -> None:
    assert refusal(PROBLEM, header).retry_after == seconds


def test_text_is_cut_to_its_longest_length() -> None:
    assert one_line("x" * 10, 10) == "x" * 10
    assert one_line("x" * 11, 10) == "x" * 9 + "…"


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_says_in_whole_sentences_what_was_seen_and_what_to_do(reason: Reason) -> None:
    assert reason.sentence.endswith(".")
    assert reason.remedy.endswith(".")
    assert str(Verdict.failed(reason)) == f"{reason.value}: {reason.sentence} Remedy: {reason.remedy}"
