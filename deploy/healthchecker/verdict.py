"""What one poll's outcome means; pure, so that the whole of it is tested as a table."""

import json
from dataclasses import dataclass
from typing import Any, Self

from healthchecker.reason import Reason

OK = 200
CODE_CHARACTERS = 64
TITLE_CHARACTERS = 200
REMEDY_CHARACTERS = 500
RETRY_AFTER_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer as it came, none of it trusted; `body` is None when it was longer than the probe reads."""

    status: int
    content_type: str
    retry_after: str
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The meaning of one poll: a success when `reason` is None. All text is one clean line of bounded length.

    `code`, `title` and `remedy` are the API's own words when it sent a problem; `remedy` is otherwise that of the
    reason. `retry_after` is in seconds.
    """

    reason: Reason | None = None
    detail: str = ""
    http_status: int | None = None
    code: str | None = None
    title: str | None = None
    remedy: str | None = None
    retry_after: float | None = None

    @property
    def ok(self) -> bool:
        """Tell whether the target answered exactly as it must."""
        return self.reason is None

    @classmethod
    def failed(cls, reason: Reason, http_status: int | None = None, detail: str | None = None) -> Self:
        """Make the verdict of a failure that the API itself said nothing about."""
        return cls(reason, detail or reason.sentence, http_status, remedy=reason.remedy)

    def __str__(self) -> str:
        """Say it in one line, as `http_status 503 db_missing: The database file is missing. Remedy: …`."""
        if self.ok:
            return self.detail
        head = " ".join(str(word) for word in (self.reason, self.http_status, self.code) if word)
        said = (self.title or self.detail).rstrip(".")
        return f"{head}: {said}." + (f" Remedy: {self.remedy}" if self.remedy else "")


def judge(answer: Answer) -> Verdict:
    """Give the verdict on an HTTP answer: a success only for 200, JSON and exactly `{"results":[1]}`."""
    media_type = answer.content_type.partition(";")[0].strip().lower()
    if answer.status != OK:
        return _judge_refusal(answer, media_type)
    if media_type != "application/json":
        return Verdict.failed(Reason.CONTENT_TYPE, OK)
    if answer.body is None:
        return Verdict.failed(Reason.BODY_TOO_LARGE, OK)
    if not _is_the_promised_body(_parse(answer.body)):
        return Verdict.failed(Reason.BODY, OK)
    return Verdict(detail="The target answered 200.", http_status=OK)


def _judge_refusal(answer: Answer, media_type: str) -> Verdict:
    problem = _parse(answer.body or b"") if media_type == "application/problem+json" else None
    said = problem if isinstance(problem, dict) else {}
    code = one_line(said.get("code"), CODE_CHARACTERS)
    title = one_line(said.get("title"), TITLE_CHARACTERS)
    status = " ".join(str(word) for word in (answer.status, code) if word)
    return Verdict(
        Reason.HTTP_STATUS,
        f"The target answered {status}: {title}" if title else f"The target answered {status} instead of 200.",
        answer.status,
        code,
        title,
        one_line(said.get("remedy"), REMEDY_CHARACTERS) or Reason.HTTP_STATUS.remedy,
        _seconds(answer.retry_after),
    )


def _is_the_promised_body(data: Any) -> bool:
    if not isinstance(data, dict) or data.keys() != {"results"}:
        return False
    results = data["results"]
    # In Python True == 1 == 1.0; in JSON they are three different answers.
    return isinstance(results, list) and len(results) == 1 and type(results[0]) is int and results[0] == 1


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _seconds(retry_after: str) -> float | None:
    """Read Retry-After; its form as a date is left alone, since it needs the two clocks to agree."""
    text = retry_after.strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) <= RETRY_AFTER_DIGITS else None


def one_line(text: Any, longest: int) -> str | None:
    """Make untrusted text fit for a log line or a page: no line breaks, control or invisible characters, and bounded.

    Gives None for what is not text, or is blank once cleaned.
    """
    if not isinstance(text, str):
        return None
    printable = (letter if letter.isprintable() else " " for letter in text[: 4 * longest])
    clean = " ".join("".join(printable).split())
    if len(clean) > longest:
        clean = clean[: longest - 1] + "…"
    return clean or None
