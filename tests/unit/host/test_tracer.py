from collections.abc import Callable

import pytest

from host import tracer
from host.command import Answer
from host.trouble import Trouble
from support.fake_host import FakeHost


def test_strace_is_installed_where_it_is_missing_and_may_be(host_is: Callable[..., None]) -> None:
    host_is("debian", root=True)
    host = FakeHost({"apt-get update": Answer(), "env": Answer()})
    tracer.ensure(host)
    assert host.asked[-1].endswith("apt-get install --yes strace")


def test_strace_that_is_there_is_left_alone() -> None:
    host = FakeHost({"strace": Answer()})
    tracer.ensure(host)
    assert host.asked == ["strace --version"]


@pytest.mark.parametrize(("distribution", "remedy"), [("debian", "sudo apt-get install strace"), ("fedora", "install")])
def test_where_it_may_not_be_installed_the_user_is_told_what_to_do(
    distribution: str, remedy: str, host_is: Callable[..., None]
) -> None:
    host_is(distribution, root=False)
    with pytest.raises(Trouble, match=remedy):
        tracer.ensure(FakeHost({}))
