"""A page for each problem: what its `type` refers to."""

from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from app.http.problem import PROBLEM_RESPONSES
from app.problems import PROBLEMS, Code, ProblemError

router = APIRouter(prefix="/problems", tags=["problems"], responses={"4XX": PROBLEM_RESPONSES["4XX"]})

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


@router.get("/{code}", response_class=HTMLResponse)
async def show_problem(code: str) -> HTMLResponse:
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
