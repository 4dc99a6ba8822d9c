import pytest

from support.invariants import assert_honest

REQUEST = '{{"level": "info", "event": "request", "path": "/tasks", "status": {}, "ms": 1.0}}\n'


def test_refusals_are_honest() -> None:
    assert_honest("starting\n" + REQUEST.format(201) + REQUEST.format(503) + REQUEST.format(404))


@pytest.mark.parametrize("status", [500, 502, 504])
def test_another_failure_than_a_refusal_is_found_in_the_log(status: int) -> None:
    with pytest.raises(AssertionError):
        assert_honest(REQUEST.format(503) + REQUEST.format(status))


def test_a_traceback_is_found_in_the_log() -> None:
    with pytest.raises(AssertionError):
        assert_honest('{"level": "error", "exception": "Traceback (most recent call last): …"}\n')
