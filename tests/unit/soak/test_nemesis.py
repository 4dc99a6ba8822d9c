from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import repeat
from typing import cast

import pytest

from soak import nemesis
from soak.kind import Kind
from soak.nemesis import haunt, inject
from soak.plan import Step
from soak.traffic import Traffic
from support.stack import Stack


class FakeStack:
    def __init__(self) -> None:
        self.log: list[str] = []
        self.is_well = True

    def healthy(self) -> None:
        self.log.append("asked")
        assert self.is_well


def kind(name: str, *, lasts: bool = True) -> Kind:
    @contextmanager
    def breaks(stack: Stack) -> Iterator[None]:
        log = cast("FakeStack", stack).log
        log.append(f"{name} on")
        try:
            yield
        finally:
            log.append(f"{name} off")

    return Kind(name, breaks, frozenset({name}), 0.1, lasts)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeStack:
    fake = FakeStack()
    monkeypatch.setattr(nemesis, "PATIENCE", 0)
    monkeypatch.setattr(nemesis.time, "sleep", lambda seconds: fake.log.append(f"slept {seconds}"))
    return fake


def do(fake: FakeStack, step: Step) -> nemesis.Injection:
    return inject(cast("Stack", fake), step, Traffic())


def test_a_pair_is_on_at_once_and_healed_before_anyone_asks_whether_all_is_well(fake: FakeStack) -> None:
    assert do(fake, Step((kind("a"), kind("b")), 0, 5)).is_in_time
    assert fake.log == ["a on", "b on", "slept 5", "b off", "a off", "asked"]


def test_a_fault_that_does_not_last_is_timed_from_its_bite(fake: FakeStack) -> None:
    assert do(fake, Step((kind("a", lasts=False),), 0, 5)).is_in_time
    assert fake.log == ["a on", "a off", "asked", "slept 5"]


def test_the_nemesis_stops_when_all_is_never_well_again(fake: FakeStack) -> None:
    fake.is_well = False
    (only,) = haunt(cast("Stack", fake), repeat(Step((kind("a"),), 0, 0)), Traffic(), seconds=60)
    assert only.recovery is None
    assert not only.is_in_time


def test_a_late_recovery_is_not_in_time(fake: FakeStack) -> None:
    injection = do(fake, Step((kind("a"),), 0, 0))
    assert not replace(injection, recovery=0.2).is_in_time
