"""A page for each problem: what its `type` refers to."""

from html import escape
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse

from app.http.described import Responses, problem_responses
from app.problems import PROBLEMS, Code, ProblemError

ProblemCode = Annotated[str, Path(description="`code` of the problem", examples=["db_missing"])]

PAGE_RESPONSE: Responses = {
    200: {
        "description": "A page for people",
        "content": {"text/html": {"example": "<!doctype html><title>The database file is missing.</title>"}},
    }
}

router = APIRouter(prefix="/problems", tags=["problems"], responses=PAGE_RESPONSE)

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>body{{font:1.1rem/1.6 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}}
code{{font-size:1.1em}}</style>
<main>{body}</main>
</html>
"""


def _page(title: str, body: str) -> HTMLResponse:
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return HTMLResponse(PAGE.format(title=escape(title), body=body), headers={"Content-Security-Policy": policy})


@router.get("", response_class=HTMLResponse)
async def list_problems() -> HTMLResponse:
    """List all problems."""
    rows = "".join(
        f'<li><a href="/problems/{code}"><code>{code}</code></a> {escape(problem.title)}'
        for code, problem in PROBLEMS.items()
    )
    return _page("Problems", f"<h1>Problems</h1><ul>{rows}</ul>")


@router.get("/{code}", response_class=HTMLResponse, responses=problem_responses(Code.NOT_FOUND))
async def show_problem(code: ProblemCode) -> HTMLResponse:
    """Explain one problem."""
    if code not in PROBLEMS:
        raise ProblemError(Code.NOT_FOUND, detail="There is no problem with this code.")
    problem = PROBLEMS[Code(code)]
    outlook = (
        "It may pass by itself: send the same request again."
        if problem.passing
        else "Sending the same request again does not help before this is done."
    )
    return _page(
        problem.title,
        f"<h1>{escape(problem.title)}</h1><p>{escape(problem.remedy)}<p>{outlook}"
        f"<p>Code <code>{code}</code>, HTTP status {problem.status}. <a href='/problems'>All problems</a>",
    )
