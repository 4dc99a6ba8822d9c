"""Every workload at every number of connections: the contenders take turns, and who has no turn is paused."""

from contextlib import ExitStack

from bench.contenders import CONSTANT, NAIVE, NAIVE_2, OURS, Contender
from bench.experiments.setting import Setting
from bench.measurement import Measurement
from bench.plan import CONNECTIONS, WORKLOADS, Plan
from bench.results import Fact, Row
from bench.service import Service

CONTENDERS = (OURS, NAIVE, NAIVE_2, CONSTANT)
AT_REST = "memory at rest"
AFTER_LOAD = "memory after all load"
PREPARING = 15.0
OVERHEAD = 0.4  # seconds to begin and end a measurement


def expected(plan: Plan) -> float:
    """Give about how many seconds it takes."""
    turns = sum(serves(contender, workload) for contender in CONTENDERS for workload in WORKLOADS)
    return PREPARING + turns * len(CONNECTIONS) * plan.rounds * (plan.seconds + plan.warm_up + OVERHEAD)


def serves(contender: Contender, workload: str) -> bool:
    """Tell whether a contender knows the workload: the constant is an answer to one of them only."""
    return contender is not CONSTANT or workload == "db-check"


def run(setting: Setting) -> None:
    """Measure the matrix."""
    with ExitStack() as ends:
        services = []
        for contender in CONTENDERS:
            service = setting.lab.start(contender, setting.lab.database(contender))
            ends.callback(service.remove)
            services.append(service)
        remember_memory(setting, services, AT_REST)
        for service in services:
            service.pause()
        setting.progress.did("the services run and are paused", PREPARING)
        for workload in WORKLOADS:
            for connections in CONNECTIONS:
                measure(setting, services, workload, connections)
        for service in services:
            service.unpause()
        remember_memory(setting, services, AFTER_LOAD)


def measure(setting: Setting, services: list[Service], workload: str, connections: int) -> None:
    """Measure the services that know the workload, in turns."""
    plan = setting.plan
    serving = [service for service in services if serves(service.contender, workload)]
    found: dict[str, list[Measurement]] = {service.contender.key: [] for service in serving}
    for _ in range(plan.rounds):
        for service in serving:
            service.unpause()
            service.warm_up(workload, connections=connections, seconds=plan.warm_up)
            found[service.contender.key].append(
                service.measure(workload, connections=connections, seconds=plan.seconds)
            )
            service.pause()
    for key, rounds in found.items():
        setting.results.rows.append(Row(workload, connections, key, rounds))
    seconds = len(serving) * plan.rounds * (plan.seconds + plan.warm_up + OVERHEAD)
    setting.progress.did(
        f"{workload:9}{connections:3} connections: {in_words(setting, workload, connections)}", seconds
    )


def in_words(setting: Setting, workload: str, connections: int) -> str:
    """Say what the contenders reached."""
    gain = setting.results.gain(workload, connections)
    rows = [row for row in setting.results.rows if (row.workload, row.connections) == (workload, connections)]
    rates = (f"{row.contender} {row.rate.median:.0f}/s" + f", {row.errors} ERRORS" * bool(row.errors) for row in rows)
    return ", ".join(rates) + (f" ({gain.median:.1f} times)" if gain else "")


def remember_memory(setting: Setting, services: list[Service], name: str) -> None:
    """Note how much memory each service needs now."""
    for service in services:
        setting.results.facts.append(Fact(name, service.contender.key, "MB", [service.memory()]))
