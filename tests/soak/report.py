"""The report: a page and a picture."""

from pathlib import Path

import jinja2

from soak.result import Result, recoveries


def report(result: Result, folder: Path) -> None:
    """Write `report.md` and `report.svg`."""
    folder.mkdir(parents=True, exist_ok=True)
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=jinja2.select_autoescape(["svg.j2"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    told = recoveries(result.injections)
    scale = max([1.0, *(recovery.longest for recovery in told if recovery.longest < float("inf"))])
    for name in ("report.md", "report.svg"):
        text = templates.get_template(f"{name}.j2").render(result=result, recoveries=told, scale=scale)
        (folder / name).write_text(text)
