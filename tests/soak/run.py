"""One soak, from nothing to nothing."""

import time
from pathlib import Path

from host import console
from soak import load
from soak.kinds import KINDS
from soak.nemesis import Injection, haunt
from soak.plan import plan
from soak.result import Result
from soak.traffic import Traffic
from support.ledger import settle
from support.ports import free_port
from support.stack import Stack
from support.waiting import eventually

# A port of its own, so that the load finds the API again after each start.
OVERLAY = "services: {{api: {{ports: !override ['127.0.0.1:{port}:8000']}}}}\n"


def soak(folder: Path, *, minutes: float, seed: int) -> Result:
    """Start a stack, break it for so many minutes under load, stop it, and settle the account."""
    traffic, injections, port = Traffic(), list[Injection](), free_port()
    console.say(f"Soaking for {minutes:g} min with seed {seed}.")
    with Stack("soak", folder, overlay=OVERLAY.format(port=port)) as stack:
        started = stack.up("api", "healthchecker")
        assert started.returncode == 0, started.stderr
        eventually(stack.healthy, within=60)
        began = time.monotonic()
        with load.running(f"http://127.0.0.1:{port}", traffic):
            for injection in haunt(stack, plan(KINDS, seed), traffic, minutes * 60):
                injections.append(injection)
                console.say(f"{clock(time.monotonic() - began)}  {told(injection)}")
        seconds = time.monotonic() - began
        stopped = stack.compose("stop")
        assert stopped.returncode == 0, stopped.stderr
        exit_code = stack.state("api")["ExitCode"]
        account = settle(traffic.ledger, *stack.stored(stopped=True))
    return Result(seed, minutes, seconds, tuple(injections), traffic, account, exit_code)


def told(injection: Injection) -> str:
    """Tell of an injection in a line."""
    said = ", ".join(f"{what} {count}" for what, count in injection.said.most_common())
    recovery = "never well again" if injection.recovery is None else f"well after {injection.recovery:.1f} s"
    late = "" if injection.is_in_time else f", bound {injection.step.bound:g} s"
    return f"{injection.step.name}: {said or 'no probe'}; {recovery}{late}"


def clock(seconds: float) -> str:
    """Write minutes and seconds."""
    return f"{int(seconds) // 60:2}:{int(seconds) % 60:02}"
