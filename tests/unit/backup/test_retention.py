from datetime import UTC, datetime, timedelta

import pytest

from backup.retention import Retention

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def days_ago(*days: float) -> list[datetime]:
    return [NOW - timedelta(days=each) for each in days]


@pytest.mark.parametrize(
    ("retention", "taken", "gone"),
    [
        (Retention(), (0, 1, 400), ()),
        (Retention(keep=2), (0, 1, 2, 3), (2, 3)),
        (Retention(keep=2), (3, 0, 2, 1), (2, 3)),
        (Retention(days=7), (0, 6.9, 7.1, 30), (7.1, 30)),
        (Retention(keep=3, days=7), (0, 1, 8, 9), (8, 9)),
        (Retention(keep=1, days=7), (0, 1), (1,)),
        (Retention(keep=1), (-1, 0, 1), (1,)),  # one of a clock that was ahead takes no other one's place
        (Retention(keep=2), (), ()),
    ],
)
def test_backups_beyond_count_or_age_are_to_go(
    retention: Retention, taken: tuple[float, ...], gone: tuple[float, ...]
) -> None:
    assert retention.expired(days_ago(*taken), NOW) == days_ago(*gone)


@pytest.mark.fault("B8")
@pytest.mark.parametrize("retention", [Retention(keep=1), Retention(days=1), Retention(keep=1, days=1)])
def test_the_newest_backup_is_never_to_go_however_old_it_is(retention: Retention) -> None:
    assert retention.expired(days_ago(1000, 2000), NOW) == days_ago(2000)
