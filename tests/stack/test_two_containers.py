"""Two containers of the API on one volume, with two workers each: four writers on one file."""

import asyncio
from collections import Counter

import pytest
import uvloop

from support.http import ask
from support.ledger import Ledger, settle
from support.load import writing
from support.stack import NewStack, Stack, instrumented
from support.waiting import eventually

SECONDS = 5


def both_ready(stack: Stack) -> None:
    for url in stack.urls("api"):
        assert ask("GET", f"{url}/db-check").status_code == 200


def assert_fair(ledger: Ledger) -> None:
    """Assert that no worker had far fewer turns than another.

    For each of its clients: how the kernel spreads the connections over the two of a container is no matter of turns.
    """
    clients = Counter(worker for _, worker in {(entry.client, entry.worker) for entry in ledger.entries.copy()})
    shares = sorted(rows / clients[worker] for worker, rows in ledger.by_worker.items())
    assert len(shares) == 4
    assert shares[0] >= 0.7 * shares[-1], (ledger.by_worker, clients)


@pytest.mark.alone
@pytest.mark.fault("D10")
def test_four_writers_have_their_turns_in_fairness_and_without_an_error(new_stack: NewStack) -> None:
    async def write(urls: list[str], ledger: Ledger) -> None:
        first, second = urls
        async with (
            writing(first, ledger, clients=32, label="first-"),
            writing(second, ledger, clients=32, label="second-"),
        ):
            await asyncio.sleep(SECONDS)  # the least over which is counted; what is not fair does not become so
            await asyncio.to_thread(eventually, lambda: assert_fair(ledger), within=SECONDS)

    stack = new_stack(overlay=instrumented(), variables={"API_CPUS": "2"})
    started = stack.up("--scale", "api=2", "api")
    assert started.returncode == 0, started.stderr
    eventually(lambda: both_ready(stack), within=10)
    ledger = Ledger()
    uvloop.run(write(stack.urls("api"), ledger))
    assert not ledger.refused
    assert not ledger.unanswered
    assert ledger.longest < 1
    account = settle(ledger, *stack.stored())
    assert account.is_settled, str(account)
