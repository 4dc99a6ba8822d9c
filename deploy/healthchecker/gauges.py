"""What the neighbours tell, as metrics for Prometheus; nothing that is not known has a value."""

from collections.abc import Iterator
from datetime import UTC, datetime

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from healthchecker.copies import Backup, Replica
from healthchecker.neighbours import Neighbours


class Gauges(Collector):
    """Looks at the neighbours whenever the metrics are asked for, so that an age is that of now."""

    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give a family for each metric, without a value for what is not known or not used."""
        backup, replica = Backup.of(self._neighbours.backup, datetime.now(UTC)), Replica.of(self._neighbours.replica)
        up = GaugeMetricFamily(
            "healthchecker_neighbour_up",
            "1 when a service that keeps copies answered last time as it must.",
            labels=["service"],
        )
        for service, copy in (("backup", backup), ("replica", replica)):
            if copy:
                up.add_metric([service], copy.answers)
        yield up
        yield _gauge(
            "healthchecker_backup_age_seconds",
            "Age of the newest verified backup.",
            backup.newest.age_seconds if backup and backup.newest else None,
        )
        yield _gauge(
            "healthchecker_backup_interval_seconds",
            "Time that is meant to lie between two backups.",
            backup.interval_seconds if backup else None,
        )
        yield _gauge(
            "healthchecker_replica_lag_seconds",
            "How far the replica is behind the database.",
            replica.lag_seconds if replica else None,
        )


def _gauge(name: str, help_: str, value: float | None) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_)
    if value is not None:
        family.add_metric([], value)
    return family
