"""Durable creates on a disk whose flush takes 2 ms longer, as that of a cloud's machine does."""

from contextlib import ExitStack

from bench.contenders import NAIVE, OURS
from bench.experiments.setting import Setting
from bench.measurement import Measurement
from bench.plan import Plan
from bench.results import Row

WORKLOAD = "create, flush 2 ms slower"
CONNECTIONS = 64


def expected(plan: Plan) -> float:
    """Give about how many seconds it takes."""
    return 6 + 2 * plan.further_rounds * (plan.seconds + 1 + plan.warm_up)


def run(setting: Setting) -> None:
    """Measure both in turns."""
    plan = setting.plan
    found: dict[str, list[Measurement]] = {}
    with ExitStack() as ends:
        services = []
        for contender in (OURS.on_a_slow_disk(), NAIVE.on_a_slow_disk()):
            services.append(setting.lab.start(contender, setting.lab.database(contender)))
            ends.callback(services[-1].remove)
            services[-1].pause()
        for _ in range(plan.further_rounds):
            for service in services:
                service.unpause()
                service.warm_up("create", connections=CONNECTIONS, seconds=plan.warm_up)
                # A second longer than elsewhere: few creates a second are few to count.
                measured = service.measure("create", connections=CONNECTIONS, seconds=plan.seconds + 1)
                found.setdefault(service.contender.key, []).append(measured)
                service.pause()
    for key, rounds in found.items():
        setting.results.rows.append(Row(WORKLOAD, CONNECTIONS, key, rounds))
    words = ", ".join(f"{key} {rounds[0].rate:.0f}/s" for key, rounds in found.items())
    setting.progress.did(f"{WORKLOAD}: {words}", expected(plan))
