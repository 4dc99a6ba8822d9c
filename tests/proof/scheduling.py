"""The order in which the workers of a parallel run take the tests.

The queue is taken from both ends: one half of the workers begins with the containers, which mostly wait, the other half
with the quick rings, which mostly compute. What needs the machine to itself comes when everything else is done.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from proof.rings import RINGS

ALONE = "alone"  # the group of the tests that need the machine to themselves
AT_HAND = 2  # tests: xdist's worker begins one when it knows the next


def write_groups(items: list[pytest.Item], file: Path) -> None:
    """Write down for the scheduler, which is in another process, which tests one worker runs one after the other.

    They are marked with pytest-xdist's own `xdist_group`. What xdist 3.8 does with that mark is a change of the test's
    id, which pytest 9.2 does not take up.
    """
    marks = ((item.nodeid, item.get_closest_marker("xdist_group")) for item in items)
    whole = file.with_name(f"{file.name}-{os.getpid()}")
    whole.write_text(json.dumps({test: mark.args[0] for test, mark in marks if mark}))
    whole.replace(file)


def in_order(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return tests as the queue has them: the quick rings first, what may take longest at the other end."""
    longest: dict[str, float] = {}
    for item in items:
        group = _group(item)
        longest[group] = max(longest.get(group, 0), _limit(item))
    return sorted(items, key=lambda item: (_ring(item), longest[_group(item)]))


def _group(item: pytest.Item) -> str:
    mark = item.get_closest_marker("xdist_group")
    return str(mark.args[0]) if mark else item.nodeid


def _ring(item: pytest.Item) -> int:
    name = item.nodeid.split("/")[1]
    return RINGS.index(name) if name in RINGS else 0


def _limit(item: pytest.Item) -> float:
    mark = item.get_closest_marker("timeout")
    return float(mark.args[0]) if mark else 0.0


class TwoEndedScheduling(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Hands the tests out to the workers, group by group."""

    def __init__(self, config: pytest.Config, groups: Path, log: Producer | None = None) -> None:
        """Begin before anything is collected; `groups` is where the workers will have written theirs."""
        super().__init__(config, log)
        self.collection: list[str] | None
        self._file = groups
        self._groups: Mapping[str, str] = {}
        self._alone: dict[str, bool] = {}

    @property
    def tests_finished(self) -> bool:
        """Whether all tests have been handed out."""
        return not self._alone and super().tests_finished

    @property
    def has_pending(self) -> bool:
        """Whether there are tests that have not been executed."""
        return bool(self._alone) or super().has_pending

    def schedule(self) -> None:
        """Begin to hand out what all workers have collected."""
        if self.collection is None:
            if not self._check_nodes_have_same_collection():
                return
            self._groups = json.loads(self._file.read_text())
            tests = self.collection = next(iter(self.registered_collections.values()))
            self._put_back(dict.fromkeys(tests, False))
        for _ in range(AT_HAND):
            self._reschedule_all()

    def remove_node(self, node: WorkerController) -> str | None:
        """Go on without a worker, and return the test in which it has died, if any; that one is not tried again."""
        units = self.assigned_work.pop(node)
        left = [test for unit in units.values() for test, is_done in unit.items() if not is_done]
        crashed = left[0] if left else None
        self._put_back(dict.fromkeys(left[1:], False))
        self._reschedule_all()
        return crashed

    def _put_back(self, tests: Mapping[str, bool]) -> None:
        for test in tests:
            group = self._split_scope(test)
            unit = self._alone if group == ALONE else self.workqueue.setdefault(group, {})
            unit[test] = False

    def _split_scope(self, nodeid: str) -> str:
        return self._groups.get(nodeid, nodeid)

    def _reschedule_all(self) -> None:
        for node in self.nodes:
            self._reschedule(node)

    def _reschedule(self, node: WorkerController) -> None:
        if self.collection is None or node not in self.registered_collections or node.shutting_down:
            return
        if self.workqueue:
            if self._pending_of(self.assigned_work[node]) < AT_HAND:
                self._assign_from_its_end(node)
        elif self._alone and self.nodes == [node]:
            self.workqueue[ALONE], self._alone = self._alone, {}
            self._assign_work_unit(node)
        elif not self._alone or node is not next(node for node in self.nodes if not node.shutting_down):
            node.shutdown()  # the last one stays for what has to be alone

    def _assign_from_its_end(self, node: WorkerController) -> None:
        takes_containers = self.nodes.index(node) % 2 == 1
        if takes_containers:
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        self._assign_work_unit(node)
