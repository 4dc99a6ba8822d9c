"""What a run leaves: tables on stdout, and files."""

import json
from dataclasses import asdict

from bench import tables
from bench.lab import FOLDER
from bench.page import page
from bench.picture import draw
from bench.plan import Plan
from bench.results import Results
from bench.targets import verdicts
from host.command import ROOT


def report(results: Results, plan: Plan) -> None:
    """Print the results, and write them as data, as a picture and as a page."""
    judged = verdicts(results)
    for table in (tables.rates(results), tables.latencies(results), tables.facts(results), tables.judged(judged)):
        print(f"\n{table.text()}")
    (FOLDER / "results.json").write_text(json.dumps(asdict(results), indent=1))
    (FOLDER / "performance.md").write_text(page(results, plan))
    draw(results, FOLDER / "performance.svg")
    missed = sum(verdict.met is False for verdict in judged)
    print(f"\n{missed} of {len(judged)} targets missed. All of it is in {FOLDER.relative_to(ROOT)}.")
