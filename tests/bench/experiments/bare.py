"""What SQLite can do with nothing around it: the limit of all."""

import json

from bench.contenders import NAIVE
from bench.experiments.setting import Setting
from bench.plan import ROWS, Plan
from bench.results import Fact

NAME = "bare SQLite: "
WORKLOADS = 5


def expected(plan: Plan) -> float:
    """Give about how many seconds it takes."""
    return 3 + plan.further_rounds * WORKLOADS * plan.seconds / 2


def run(setting: Setting) -> None:
    """Measure all workloads, round by round."""
    volume = setting.lab.volume("bare")
    setting.lab.fill(NAIVE, volume, ROWS)
    found: dict[str, list[float]] = {}
    for _ in range(setting.plan.further_rounds):
        printed = setting.lab.run_to_end("bench.apps.bare", str(setting.plan.seconds / 2), volume=volume)
        for workload, rate in json.loads(printed).items():
            found.setdefault(workload, []).append(rate)
    for workload, rates in found.items():
        setting.results.facts.append(Fact(NAME + workload, "sqlite3", "/s", rates))
    words = ", ".join(f"{workload} {rates[0]:.0f}/s" for workload, rates in found.items())
    setting.progress.did(NAME + words, expected(setting.plan))
