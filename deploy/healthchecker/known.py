"""All that can be told of the target, in one hand."""

from dataclasses import dataclass

from healthchecker.history import History
from healthchecker.metrics import Metrics
from healthchecker.neighbours import Neighbours
from healthchecker.notifier import Notifier
from healthchecker.snapshot import Snapshot
from healthchecker.status import Status


@dataclass(frozen=True)
class Known:
    """Those who know something of the target, each its own part."""

    status: Status
    history: History
    snapshot: Snapshot
    notifier: Notifier
    metrics: Metrics
    neighbours: Neighbours
