"""`python -m bench [--quick | --data]`: build, measure, report."""

import os
import signal
import sys
from typing import NoReturn

from docker.errors import DockerException
from requests.exceptions import RequestException

from bench import images, keeping, machine
from bench.experiments import bare, fairness, matrix, sizes, slow_disk, slow_query, start
from bench.experiments.setting import Setting
from bench.lab import Lab
from bench.plan import FULL, QUICK, Plan
from bench.progress import Progress
from bench.report import report
from bench.results import Results
from host import console
from host.trouble import Trouble

EXPERIMENTS = (matrix, start, slow_query, slow_disk, sizes, bare, fairness)
INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    """Run a benchmark and give the exit code: 0 when it ran to its end, whatever came of it."""
    signal.signal(signal.SIGTERM, interrupt)
    plan = QUICK if "--quick" in arguments else FULL
    try:
        images.build()
        if "--data" in arguments:
            keeping.report()
        else:
            report(measure(plan), plan)
    except Trouble as trouble:
        console.complain(str(trouble))
        return trouble.exit_code
    except (DockerException, RequestException) as error:
        console.complain(f"The Docker engine refuses: {error}.")
        return os.EX_UNAVAILABLE
    except KeyboardInterrupt:
        console.complain("Interrupted; nothing is left behind.")
        return INTERRUPTED
    return 0


def measure(plan: Plan) -> Results:
    """Run all experiments, and leave nothing behind on the engine but the images."""
    with Lab() as lab:
        results = Results(plan.name, machine.describe(lab))
        expected = sum(experiment.expected(plan) for experiment in EXPERIMENTS)
        console.say(f"Measuring, about {expected / 60:.0f} min; do nothing else on this machine meanwhile.")
        setting = Setting(lab, plan, results, Progress(expected))
        for experiment in EXPERIMENTS:
            experiment.run(setting)
    return results


def interrupt(_signal: int, _frame: object) -> NoReturn:
    """Take a polite request to end as a Ctrl-C."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
