"""Two containers of this project on one volume, all their processes writing at the same time."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from bench.contenders import OURS, under_our_server
from bench.experiments.setting import Setting
from bench.plan import Plan
from bench.results import Fact, Row

WORKLOAD = "create, 2 containers on 1 volume"
EVENNESS = "rows of the unluckiest process to the luckiest's"
LONGEST = "longest wait of a create among 2 containers"
CONNECTIONS = 64
PROCESSES = 4


def expected(plan: Plan) -> float:
    """Give about how many seconds it takes."""
    return 10 + plan.fairness_seconds


def run(setting: Setting) -> None:
    """Measure both containers at the same time, and count the rows by process."""
    contender = under_our_server(OURS.key, OURS.title, "bench.apps.named:create_app()")
    volume = setting.lab.volume("shared")
    with ThreadPoolExecutor() as pool, ExitStack() as ends:
        services = [setting.lab.start(contender, volume) for _ in range(2)]
        for service in services:
            ends.callback(service.remove)  # before the threads are waited for, so that an interrupted run ends at once
        runs = [
            pool.submit(
                service.measure,
                "create-named",
                connections=CONNECTIONS // 2,
                seconds=setting.plan.fairness_seconds,
            )
            for service in services
        ]
        found = [run.result() for run in runs]

    rows = [count for measured in found for count in measured.workers.values()]
    # A process that nobody heard of has created nothing.
    evenness = min(rows) / max(rows) if len(rows) == PROCESSES else 0.0
    longest = max(measured.max for measured in found)
    setting.results.rows.append(Row(WORKLOAD, CONNECTIONS, OURS.key, found))
    setting.results.facts.append(Fact(EVENNESS, OURS.key, "", [evenness]))
    setting.results.facts.append(Fact(LONGEST, OURS.key, "ms", [longest]))
    words = f"{sorted(rows)} rows, longest wait {longest:.0f} ms, {sum(measured.errors for measured in found)} errors"
    setting.progress.did(f"{WORKLOAD}: {words}", expected(setting.plan))
