"""How reads by id go on tables of very different sizes."""

from contextlib import ExitStack

from bench.contenders import OURS
from bench.experiments.setting import Setting
from bench.measurement import Measurement
from bench.plan import Plan
from bench.results import Row

CONNECTIONS = 16
ROWS_A_SECOND = 500_000


def workload(rows: int) -> str:
    """Name the workload on a table of so many rows."""
    return f"read by id of {rows:,}".replace(",", " ")


def expected(plan: Plan) -> float:
    """Give about how many seconds it takes."""
    filling = sum(5 + rows / ROWS_A_SECOND for rows in plan.sizes)
    return filling + len(plan.sizes) * plan.further_rounds * (plan.seconds + 1)


def run(setting: Setting) -> None:
    """Measure this project on all sizes in turns."""
    plan = setting.plan
    found: dict[int, list[Measurement]] = {rows: [] for rows in plan.sizes}
    with ExitStack() as ends:
        services = {}
        for rows in plan.sizes:
            volume = setting.lab.volume(f"size-{rows}")
            setting.lab.fill(OURS, volume, rows)
            services[rows] = setting.lab.start(OURS, volume)
            ends.callback(services[rows].remove)
            services[rows].pause()
        for _ in range(plan.further_rounds):
            for rows, service in services.items():
                service.unpause()
                service.warm_up("read", connections=CONNECTIONS, seconds=1, rows=rows)
                measured = service.measure("read", connections=CONNECTIONS, seconds=plan.seconds, rows=rows)
                found[rows].append(measured)
                service.pause()
    for rows, rounds in found.items():
        setting.results.rows.append(Row(workload(rows), CONNECTIONS, OURS.key, rounds))
    words = ", ".join(f"{rows:,} rows {rounds[0].rate:.0f}/s" for rows, rounds in found.items())
    setting.progress.did(f"read by id: {words}", expected(plan))
