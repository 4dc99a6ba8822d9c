"""The API's container ends again and again under load, and nothing that was acknowledged is lost.

`make stack ARGS="-n 0 -s -k test_kills --kills 100"` does it a hundred times.
"""

import asyncio
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import uvloop

from support.http import ask
from support.ledger import Ledger, settle
from support.load import writing
from support.ports import free_port
from support.stack import NewStack, Stack
from support.waiting import eventually


def kill(stack: Stack) -> None:
    stack.container("api").kill()


def stop(stack: Stack) -> None:
    stack.container("api").stop(timeout=20)


def start(stack: Stack) -> float:
    """Start the container, and give the seconds from its start to the first good answer."""
    stack.container("api").start()

    def answers() -> float:
        assert ask("GET", stack.url("api") + "/db-check").status_code == 200
        return time.time()

    at = eventually(answers, within=15)
    began = datetime.fromisoformat(str(stack.state("api")["StartedAt"])[:26]).replace(tzinfo=UTC)
    return at - began.timestamp()


@pytest.mark.timeout(1000)
@pytest.mark.parametrize(
    "end",
    [pytest.param(kill, marks=pytest.mark.fault("K4")), pytest.param(stop, marks=pytest.mark.fault("K5"))],
)
def test_a_container_that_ends_under_load_loses_no_acknowledged_task(
    end: Callable[[Stack], None], new_stack: NewStack, pytestconfig: pytest.Config
) -> None:
    times = pytestconfig.option.kills if end is kill else 2

    async def end_again_and_again(ledger: Ledger) -> list[float]:
        took = []
        async with writing(f"http://127.0.0.1:{port}", ledger, clients=8):
            for _ in range(times):
                enough = len(ledger.entries) + 20

                def has_gone_on(enough: int = enough) -> None:
                    assert len(ledger.entries) > enough

                await asyncio.to_thread(eventually, has_gone_on, within=20)
                await asyncio.to_thread(end, stack)
                took.append(await asyncio.to_thread(start, stack))
        return took

    port = free_port()
    stack = new_stack(overlay=f"services: {{api: {{ports: !override ['127.0.0.1:{port}:8000']}}}}")
    started = stack.up("api")
    assert started.returncode == 0, started.stderr
    ledger = Ledger()
    took = uvloop.run(end_again_and_again(ledger))
    account = settle(ledger, *stack.stored())
    print(f"{account}, starts: median {statistics.median(took):.2f} s, longest {max(took):.2f} s")  # noqa: T201
    assert account.is_settled, str(account)
    assert not [status for status, _ in ledger.refused if status != 503]
