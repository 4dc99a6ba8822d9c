"""What it takes to keep the data: times by size, and what requests pay for a backup or a replica beside them."""

import statistics
import time
from contextlib import ExitStack
from typing import NamedTuple

from docker.models.containers import Container

from bench.contenders import OURS
from bench.images import API_IMAGE, REPLICA_IMAGE
from bench.lab import DATABASE, LABEL, Lab
from bench.measurement import ratios
from bench.plan import ROWS
from bench.service import Service, execute
from host import console
from host.trouble import Trouble

MEGABYTE = 1_000_000
SIZES = (10, 100, 1000)  # MB
ROUNDS = 3
SECONDS = 2.0
LOADS = (("read", 16), ("create", 16))
SYNC_CONNECTIONS = 64
SYNC_SECONDS = 4.0
TRIES = 3
BACKUP = "python3 -m backup"
FOREVER = f"import subprocess\nwhile True: subprocess.run({[*BACKUP.split(), 'create', '--keep', '1']}, check=True)"
LENGTHS = "import os, glob; print(*map(os.path.getsize, ['/data/api.db', *glob.glob('/backups/*.zip')]))"


class Times(NamedTuple):
    """Seconds for a database of `megabytes`, and how requests went beside backups, as a ratio of without."""

    megabytes: float
    archive: float
    backup: float
    verify: float
    restore: float
    beside: dict[str, float]


class Place(NamedTuple):
    """The volumes of a database and of what is kept of it."""

    lab: Lab
    database: str
    kept: str

    def run(self, *command: str, image: str = API_IMAGE, kept_at: str = "/backups", **environment: str) -> Container:
        """Start a container that has both, with one CPU as in compose.yaml."""
        return self.lab.engine.containers.run(
            image,
            list(command) or None,
            detach=True,
            init=True,
            user="10001:0",
            nano_cpus=1_000_000_000,
            healthcheck={"test": ["NONE"]},
            environment={"DB_FILE_PATH": str(DATABASE), **environment},
            volumes={self.database: {"bind": str(DATABASE.parent)}, self.kept: {"bind": kept_at}},
            labels=LABEL,
        )


def timed(container: Container, command: str) -> tuple[float, str]:
    """Run a command in a container and give the seconds that it took, and what it said.

    Raises:
        Trouble: It failed.

    """
    began = time.monotonic()
    code, said = execute(container, command)
    if code:
        raise Trouble(f"{command} ended with code {code}: {said}")
    return time.monotonic() - began, said


def seconds_of(container: Container, *commands: str) -> float:
    """Give the median time of some commands, one after the other."""
    return statistics.median(sum(timed(container, command)[0] for command in commands) for _ in range(TRIES))


def report() -> None:
    """Measure all, and print tables for the documentation."""
    with Lab() as lab:
        console.say("Measuring, about 6 min; do nothing else on this machine meanwhile.")
        times = [_of_size(lab, megabytes) for megabytes in SIZES]
        rates = _with_a_replica(lab)
    print(_table(times))
    print(_rates(rates))


def _of_size(lab: Lab, megabytes: int) -> Times:
    place = Place(lab, lab.volume(f"keep-{megabytes}"), lab.volume(f"backups-{megabytes}"))
    service = lab.start(OURS, place.database)
    service.measure("create", connections=1, seconds=0.2)
    service.remove()
    lab.run_to_end("bench.apps.stuff", str(megabytes * MEGABYTE), volume=place.database)
    with ExitStack() as ends:
        keeper = place.run("python3", "-c", "import signal; signal.pause()")
        ends.callback(keeper.remove, force=True)
        backup = seconds_of(keeper, f"{BACKUP} create --keep 1")
        verify = seconds_of(keeper, f"{BACKUP} verify latest")
        restore = seconds_of(keeper, f"{BACKUP} stage latest", f"{BACKUP} swap", f"{BACKUP} settle")
        database, archive = map(int, timed(keeper, f'python3 -c "{LENGTHS}"')[1].split())
        service = lab.start(OURS, place.database)
        ends.callback(service.remove)
        beside = {f"{load}, {number} connections": _beside(place, service, load, number) for load, number in LOADS}
    found = Times(database / MEGABYTE, archive / MEGABYTE, backup, verify, restore, beside)
    console.say(f"  {found}")
    return found


def _beside(place: Place, service: Service, load: str, connections: int) -> float:
    """Measure a load in turns alone and beside one backup after the other, and give the ratio."""
    alone, beside = [], []
    for _ in range(ROUNDS):
        alone.append(service.measure(load, connections=connections, seconds=SECONDS).rate)
        busy = place.run("python3", "-c", FOREVER)
        try:
            service.warm_up(load, connections=connections, seconds=1)
            beside.append(service.measure(load, connections=connections, seconds=SECONDS).rate)
        finally:
            busy.remove(force=True)
    return ratios(beside, alone).median


def _with_a_replica(lab: Lab) -> dict[str, list[float]]:
    """Measure durable creates in turns without a replica, beside one, and with answers that wait for it."""
    rates: dict[str, list[float]] = {"no replica": [], "replica": [], "replica, REPLICA_SYNC=1": []}
    with ExitStack() as ends:
        services: dict[str, Service] = {}
        for number, name in enumerate(rates):
            volume = lab.volume(f"replica-{number}")
            if number:
                place = Place(lab, volume, lab.volume(f"store-{number}"))
                sidecar = place.run(image=REPLICA_IMAGE, kept_at="/replica", REPLICA_SYNC=str(number - 1))
                ends.callback(sidecar.remove, force=True)
            services[name] = lab.start(OURS, volume)
            ends.callback(services[name].remove)
            services[name].pause()
        for _ in range(ROUNDS):
            for name, service in services.items():
                service.unpause()
                service.warm_up("create", connections=SYNC_CONNECTIONS, seconds=1)
                found = service.measure("create", connections=SYNC_CONNECTIONS, seconds=SYNC_SECONDS, rows=ROWS)
                console.say(f"  {name}: {found.rate:.0f}/s, p99 {found.p99:.0f} ms, {found.errors} errors")
                rates[name].append(found.rate)
                service.pause()
    return rates


def _table(times: list[Times]) -> str:
    loads = list(times[0].beside)
    head = f"| database | archive | backup | verify | restore | {' | '.join(f'{load}, meanwhile' for load in loads)} |"
    lines = [head, "|" + "---:|" * (5 + len(loads))]
    for each in times:
        ratios_ = " | ".join(f"{each.beside[load]:.2f}x" for load in loads)
        lines.append(
            f"| {each.megabytes:.0f} MB | {each.archive:.1f} MB | {each.backup:.1f} s | {each.verify:.1f} s "
            f"| {each.restore:.1f} s | {ratios_} |"
        )
    return "\n".join(lines)


def _rates(rates: dict[str, list[float]]) -> str:
    plain = rates["no replica"]
    lines = ["| durable creates, 64 connections | a second | of without |", "|---|---:|---:|"]
    for name, found in rates.items():
        ratio = ratios(found, plain)
        lines.append(
            f"| {name} | {statistics.median(found):,.0f} | {ratio.median:.2f}x ({ratio.low:.2f}-{ratio.high:.2f}) |"
        )
    return "\n".join(lines)
