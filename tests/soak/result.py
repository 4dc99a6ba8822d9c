"""What came of a soak."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from soak.nemesis import Injection
from soak.traffic import Traffic
from support.ledger import Account


@dataclass(frozen=True)
class Recovery:
    """How a kind of fault recovered over a run; of a pair, both kinds count."""

    name: str
    times: int
    median: float
    longest: float
    bound: float


@dataclass(frozen=True)
class Result:
    """All that a report tells of."""

    seed: int
    minutes: float
    seconds: float
    injections: tuple[Injection, ...]
    traffic: Traffic
    account: Account
    exit_code: int

    @property
    def complaint(self) -> str:
        """What is not as promised, in one sentence, or nothing."""
        late = [injection.step.name for injection in self.injections if not injection.is_in_time]
        wrongs = [
            ("" if self.injections else "nothing was broken"),
            ("" if self.account.acknowledged else "no write was acknowledged"),
            ("" if self.account.is_settled else f"the account does not balance ({self.account})"),
            (f"no recovery within its bound from {', '.join(late)}" if late else ""),
            (f"{len(self.traffic.wrong)} wrong answers, first: {self.traffic.wrong[0]}" if self.traffic.wrong else ""),
            (f"the API stopped with exit code {self.exit_code}" if self.exit_code else ""),
        ]
        told = "; ".join(wrong for wrong in wrongs if wrong)
        return f"The soak failed: {told}." if told else ""

    @property
    def command(self) -> str:
        """How to do the same again."""
        return f"make soak MINUTES={self.minutes:g} SEED={self.seed}"


def recoveries(injections: Iterable[Injection]) -> list[Recovery]:
    """Sum up by kind, the slowest first."""
    seconds: dict[str, list[float]] = defaultdict(list)
    bounds: dict[str, float] = defaultdict(float)
    for injection in injections:
        for kind in injection.step.kinds:
            seconds[kind.name].append(float("inf") if injection.recovery is None else injection.recovery)
            bounds[kind.name] = max(bounds[kind.name], injection.step.bound)
    found = [Recovery(name, len(each), median(each), max(each), bounds[name]) for name, each in seconds.items()]
    return sorted(found, key=lambda recovery: -recovery.longest)
