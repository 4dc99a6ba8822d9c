"""How long `/db-check` takes while a query of two seconds runs, again and again."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from bench.contenders import NAIVE, OURS, UVICORN, Contender, under_our_server
from bench.experiments.setting import Setting
from bench.measurement import Measurement
from bench.plan import Plan
from bench.results import Row
from bench.service import Service

WORKLOAD = "db-check beside a 2 s query"
CONNECTIONS = 16
SECONDS = 2.0
SAMPLE = 2_000_000


def expected(plan: Plan) -> float:
    """Give about how many seconds it takes."""
    return 10 + 2 * plan.further_rounds * (plan.seconds + 2 * SECONDS)


def run(setting: Setting) -> None:
    """Measure both in turns."""
    rows = rows_in(setting, SECONDS)
    found: dict[str, list[Measurement]] = {}
    with ExitStack() as ends:
        services = []
        for contender in contenders(rows):
            services.append(setting.lab.start(contender, setting.lab.database(contender)))
            ends.callback(services[-1].remove)
            services[-1].pause()
        for _ in range(setting.plan.further_rounds):
            for service in services:
                service.unpause()
                found.setdefault(service.contender.key, []).append(measure(service, setting.plan))
                service.pause()
    for key, rounds in found.items():
        setting.results.rows.append(Row(WORKLOAD, CONNECTIONS, key, rounds))
    words = ", ".join(f"{key} p99 {rounds[0].p99:.0f} ms" for key, rounds in found.items())
    setting.progress.did(f"{WORKLOAD}: {words}", expected(setting.plan))


def contenders(rows: int) -> tuple[Contender, Contender]:
    """Give both services with a route whose query looks at so many rows."""
    environment = {"SLOW_ROWS": str(rows)}
    return (
        under_our_server(OURS.key, OURS.title, "bench.apps.slow:create_ours()", **environment),
        Contender(
            NAIVE.key, NAIVE.title, NAIVE.image, (*UVICORN, "--factory", "bench.apps.slow:create_naive"), environment
        ),
    )


def rows_in(setting: Setting, seconds: float) -> int:
    """Give how many rows the slow query must look at to take so long here."""
    took = float(setting.lab.run_to_end("bench.apps.slow", str(SAMPLE), volume=setting.lab.volume("slow")))
    return round(SAMPLE * seconds / took)


def measure(service: Service, plan: Plan) -> Measurement:
    """Measure `/db-check` from the first half second of a slow query on."""
    service.warm_up("db-check", connections=CONNECTIONS, seconds=plan.warm_up)
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(service.measure, "slow", connections=1, seconds=plan.seconds + SECONDS / 2)
        time.sleep(SECONDS / 4)
        found = service.measure("db-check", connections=CONNECTIONS, seconds=plan.seconds)
        slow.result()
    time.sleep(SECONDS)  # what was begun last goes on without anybody waiting for it
    return found
