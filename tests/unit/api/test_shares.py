from app.shares import WORKERS, Share, Shares


def test_the_worker_with_the_fewest_connections_is_the_next() -> None:
    shares = Shares()
    first, second = Share(shares, 1), Share(shares, 2)
    assert first.is_the_smallest
    assert second.is_the_smallest
    first.grow()
    assert not first.is_the_smallest
    assert second.is_the_smallest
    first.shrink()
    assert first.is_the_smallest


def test_a_worker_that_has_ended_keeps_nobody_waiting() -> None:
    shares = Shares()
    Share(shares, 1)
    survivor = Share(shares, 2)
    survivor.grow()
    shares.forget(1)
    assert survivor.is_the_smallest


def test_workers_are_told_apart_however_many_there_have_been() -> None:
    shares = Shares()
    old, new = Share(shares, WORKERS - 1), Share(shares, WORKERS)
    new.grow()
    assert not new.is_the_smallest
    assert old.is_the_smallest


def test_beyond_what_a_byte_can_tell_all_are_alike() -> None:
    shares = Shares()
    first, second = Share(shares, 1), Share(shares, 2)
    for _ in range(300):
        first.grow()
        second.grow()
    first.grow()
    assert first.is_the_smallest
    assert second.is_the_smallest
