"""The order of a parallel run, with workers that only write down what they are given."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import pytest

from proof.scheduling import ALONE, TwoEndedScheduling

WORKERS = 3
QUICK = [f"tests/unit/test_a.py::test_{number}" for number in range(6)]
CONTAINERS = [f"tests/stack/test_b.py::test_{number}" for number in range(6)]
LONELY = [f"tests/stack/test_c.py::test_{number}" for number in range(2)]
ALL = [*QUICK, *CONTAINERS, *LONELY]


class Config:
    """As much of pytest's as the schedule asks."""

    def getvalue(self, _name: str) -> list[str]:
        return [f"{WORKERS}*popen"]


@dataclass(eq=False)
class Worker:
    """Runs a test when it knows the next one or that there is none, as xdist's do."""

    given: list[int] = field(default_factory=list)
    shutting_down: bool = False
    is_gone: bool = False
    gateway: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(id="gw"))

    def send_runtest_some(self, indices: list[int]) -> None:
        assert not self.shutting_down
        self.given += indices

    def shutdown(self) -> None:
        self.shutting_down = True

    @property
    def can_run(self) -> bool:
        return len(self.given) > 1 or (self.shutting_down and bool(self.given))


@dataclass
class Pool:
    """A run with some workers, test by test."""

    tests: list[str]
    groups: dict[str, str] = field(default_factory=lambda: dict.fromkeys(LONELY, ALONE))

    def __post_init__(self) -> None:
        config: Any = Config()
        with TemporaryDirectory() as folder:
            file = Path(folder, "groups")
            file.write_text(json.dumps(self.groups))
            self._schedule(TwoEndedScheduling(config, file))

    def _schedule(self, lanes: Any) -> None:
        self.scheduling = lanes
        self.workers = [Worker() for _ in range(WORKERS)]
        for worker in self.workers:
            self.scheduling.add_node(worker)
            self.scheduling.add_node_collection(worker, self.tests)
        self.scheduling.schedule()

    def add(self) -> None:
        """Let another worker come in the place of one that has died."""
        self.workers.append(Worker())
        self.scheduling.add_node(self.workers[-1])
        self.scheduling.add_node_collection(self.workers[-1], self.tests)
        self.scheduling.schedule()

    def turns(self) -> Iterator[tuple[list[str], str]]:
        """Let one worker after the other do a test; give it, and what the others could do meanwhile."""
        while any(not worker.is_gone for worker in self.workers):
            before = [(worker.given[:], worker.is_gone) for worker in self.workers]
            for worker in self.workers:
                if worker.can_run:
                    others = [
                        self.tests[other.given[0]] for other in self.workers if other.can_run and other is not worker
                    ]
                    yield others, self.tests[worker.given[0]]
                    self.scheduling.mark_test_complete(worker, worker.given.pop(0))
                elif worker.shutting_down and not worker.is_gone:
                    worker.is_gone = True
                    self.scheduling.remove_node(worker)
            assert before != [(worker.given, worker.is_gone) for worker in self.workers], "nothing goes on"


def test_each_test_must_be_run_once() -> None:
    assert sorted(test for _, test in Pool(ALL).turns()) == sorted(ALL)


@pytest.mark.parametrize("tests", [ALL, LONELY, [*QUICK[:1], *LONELY], [*CONTAINERS, *LONELY[:1]]])
def test_what_needs_the_machine_must_be_run_last_and_while_nothing_else_is(tests: list[str]) -> None:
    lonely = [test for test in tests if test in LONELY]
    turns = list(Pool(tests).turns())
    assert turns[-len(lonely) :] == [([], test) for test in lonely]


def test_the_containers_and_the_quick_rings_must_begin_side_by_side() -> None:
    first = [test.split("/")[1] for _, test in list(Pool(ALL).turns())[:WORKERS]]
    assert set(first) == {"unit", "stack"}


def test_no_worker_must_be_given_more_than_it_needs_to_go_on() -> None:
    assert [len(worker.given) for worker in Pool(ALL).workers] == [2] * WORKERS


@pytest.mark.parametrize("done_before", range(len(ALL) - 1))
@pytest.mark.parametrize("dies", range(WORKERS))
def test_a_worker_that_dies_must_take_no_test_along_but_the_one_it_was_at(dies: int, done_before: int) -> None:
    pool, done = Pool(ALL), []
    turns = pool.turns()
    done += [test for _, (_, test) in zip(range(done_before), turns, strict=False)]
    turns.close()
    dead = pool.workers[dies]
    if dead.is_gone:
        return
    pool.workers.remove(dead)
    crashed = pool.scheduling.remove_node(dead)
    pool.add()
    done += [test for _, test in pool.turns()]
    assert sorted({*done, crashed} - {None}) == sorted(ALL)
    assert crashed not in done[done_before:]


def test_a_worker_that_dies_before_all_have_collected_must_not_end_the_others() -> None:
    config: Any = Config()
    scheduling: Any = TwoEndedScheduling(config, Path("none"))
    workers = [Worker(), Worker()]
    for worker in workers:
        scheduling.add_node(worker)
    scheduling.remove_node(workers[0])
    assert not workers[1].shutting_down


def test_nothing_to_run_must_be_an_end() -> None:
    pool = Pool([])
    assert list(pool.turns()) == []
    assert pool.scheduling.tests_finished


def test_the_tests_of_a_group_must_be_run_by_one_worker_one_after_the_other() -> None:
    pool = Pool(ALL, dict.fromkeys([QUICK[1], CONTAINERS[2], CONTAINERS[4]], "group"))
    ran_by = {}
    for others, test in pool.turns():
        if test in pool.groups:
            ran_by[test] = next(
                number for number, worker in enumerate(pool.workers) if worker.given[:1] == [ALL.index(test)]
            )
            assert not set(others) & set(pool.groups)
    assert len(ran_by) == 3
    assert len(set(ran_by.values())) == 1
