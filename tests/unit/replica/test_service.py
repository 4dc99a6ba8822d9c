import signal
from collections.abc import Iterator

import pytest

from replica import service
from support.waiting import eventually


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_service_ends_even_when_it_is_told_so_where_it_holds_the_lock_of_the_wait(number: signal.Signals) -> None:
    ended = service.told_to_end()

    def has_ended() -> None:
        assert ended.is_set()

    with ended._cond:  # type: ignore[attr-defined]  # noqa: SLF001 - what `wait` holds at its beginning and its end
        signal.raise_signal(number)
    eventually(has_ended, within=5)
