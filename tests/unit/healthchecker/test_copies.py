from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from healthchecker.copies import Backup, Replica
from healthchecker.gauges import Gauges
from healthchecker.metrics import Metrics
from healthchecker.neighbours import Neighbours
from healthchecker.settings import Settings
from healthchecker.told import ToldBackup
from support.neighbours import DAY, HOUR, backup_told, neighbours, replica_told

SILENT = "The service backup has not answered since 23 Nov 12:01:22 UTC."


def backup(told: ToldBackup, trouble: str | None = None, after: float = 0) -> Backup:
    copy = Backup.of(neighbours(told, trouble=trouble).backup, datetime.now(UTC) + timedelta(seconds=after))
    assert copy
    return copy


def replica(*args: Any, trouble: str | None = None, **words: Any) -> Replica:
    copy = Replica.of(neighbours(replica=replica_told(*args, **words), trouble=trouble).replica)
    assert copy
    return copy


def samples(known: Neighbours) -> dict[str, float]:
    """Give all that is shown of the neighbours, as `name` or `name service`."""
    metrics = Metrics()
    metrics.add(Gauges(known))
    return {
        " ".join([sample.name.removeprefix("healthchecker_"), *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(metrics.show("")[0].decode())
        for sample in family.samples
        if family.name.startswith(("healthchecker_neighbour", "healthchecker_backup", "healthchecker_replica"))
    }


def test_nothing_is_told_of_a_service_that_nobody_uses() -> None:
    nobody = Neighbours(Settings())
    assert Backup.of(nobody.backup, datetime.now(UTC)) is None
    assert Replica.of(nobody.replica) is None
    assert samples(nobody) == {}


@pytest.mark.parametrize("after", [0, 7, 3600])
def test_the_age_of_a_backup_is_that_of_now_and_not_that_of_the_answer(after: float) -> None:
    newest = backup(backup_told(age=100), after=after).newest
    assert newest
    assert newest.age_seconds == pytest.approx(100 + after, abs=2)


def test_a_backup_of_a_clock_that_is_ahead_is_of_age_0() -> None:
    newest = backup(backup_told(age=-50)).newest
    assert newest
    assert newest.age_seconds == 0


@pytest.mark.fault("M9")
@pytest.mark.parametrize(
    ("age", "overdue", "words"),
    [
        (None, False, "There is no verified backup yet."),
        (3 * HOUR + 720, False, "The newest verified backup is 3 h 12 min old."),
        (1.5 * DAY - 60, False, "The newest verified backup is 1 d 11 h old."),
        (1.5 * DAY + 60, True, "The newest verified backup is 1 d 12 h old: overdue, as one is meant every 1 d 0 h."),
    ],
)
def test_a_backup_older_than_one_and_a_half_intervals_is_overdue(age: float | None, overdue: bool, words: str) -> None:
    copy = backup(backup_told(age))
    assert (copy.overdue, copy.detail) == (overdue, words)


@pytest.mark.parametrize(
    ("lag", "sync", "words"),
    [
        (0.42, False, "The replica is 420 ms behind; no answer waits for it."),
        (75, True, "The replica is 1 min 15 s behind; answers wait for it."),
        (None, False, "How far the replica is behind is not known; no answer waits for it."),
    ],
)
def test_a_replica_is_told_with_its_lag_and_whether_answers_wait(lag: float | None, sync: bool, words: str) -> None:
    assert replica(lag, sync=sync).detail == words


def test_the_error_that_a_service_tells_is_told() -> None:
    assert backup(backup_told(last_error="There is no room.")).last_error == "There is no room."
    assert replica(last_error="There is no bucket.").last_error == "There is no bucket."


def test_of_a_service_that_does_not_answer_the_age_goes_on_and_the_lag_is_not_known() -> None:
    silent = backup(backup_told(age=100), SILENT, after=2 * DAY)
    assert (silent.answers, silent.trouble, silent.overdue) == (False, SILENT, True)
    assert silent.remedy is not None
    assert "docker compose logs backup" in silent.remedy
    gone = replica(trouble=SILENT)
    assert (gone.answers, gone.lag_seconds) == (False, None)


def test_of_one_that_never_answered_only_its_trouble_is_told() -> None:
    known = Neighbours(Settings())
    known.backup.trouble = known.replica.trouble = SILENT
    for copy in (Backup.of(known.backup, datetime.now(UTC)), Replica.of(known.replica)):
        assert copy
        assert (copy.answers, copy.detail, copy.trouble) == (False, None, SILENT)
    assert samples(known) == {"neighbour_up backup": 0, "neighbour_up replica": 0}


def test_metrics_are_the_age_of_now_the_interval_and_the_lag() -> None:
    shown = samples(neighbours(backup_told(age=100), replica_told(lag=0.42)))
    assert shown.pop("backup_age_seconds") == pytest.approx(100, abs=2)
    assert shown == {
        "neighbour_up backup": 1,
        "neighbour_up replica": 1,
        "backup_interval_seconds": DAY,
        "replica_lag_seconds": 0.42,
    }


def test_what_is_not_known_has_no_metric() -> None:
    assert samples(neighbours(backup_told(age=None), replica_told(lag=None))) == {
        "neighbour_up backup": 1,
        "neighbour_up replica": 1,
        "backup_interval_seconds": DAY,
    }
    silent = samples(neighbours(backup_told(), replica_told(), trouble=SILENT))
    assert silent.keys() == {
        "neighbour_up backup",
        "neighbour_up replica",
        "backup_interval_seconds",
        "backup_age_seconds",
    }
    assert silent["neighbour_up backup"] == silent["neighbour_up replica"] == 0
