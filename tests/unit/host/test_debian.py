import io
from collections.abc import Callable

import pytest

from host import debian
from host.command import Answer
from host.trouble import Trouble
from support.fake_host import FakeHost

READY = {"mmdebstrap": Answer()}


@pytest.mark.parametrize(
    ("distribution", "root", "answers"),
    [("debian", True, {}), ("ubuntu", True, {}), ("ubuntu", False, READY), ("fedora", False, READY)],
)
def test_packages_can_be_had_where_mmdebstrap_is_or_may_be_installed(
    distribution: str, root: bool, answers: dict[str, Answer], host_is: Callable[..., None]
) -> None:
    host_is(distribution, root=root)
    debian.check("It is missing", "do it yourself", FakeHost(answers))


@pytest.mark.parametrize(
    ("distribution", "root", "sentence"),
    [
        (
            "debian",
            False,
            "It is missing: run `sudo apt-get install mmdebstrap debian-archive-keyring`, then this again.",
        ),
        ("fedora", True, "It is missing: do it yourself."),
    ],
)
def test_elsewhere_the_user_is_told_what_to_do(
    distribution: str, root: bool, sentence: str, host_is: Callable[..., None]
) -> None:
    host_is(distribution, root=root)
    with pytest.raises(Trouble, match=f"^{sentence}$"):
        debian.check("It is missing", "do it yourself", FakeHost({}))


def test_the_installation_of_mmdebstrap_is_said_before_it_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    debian.install(debian.PACKAGES, FakeHost({"apt-get update": Answer(), "env": Answer()}))
    assert capsys.readouterr().err == "Installing mmdebstrap and debian-archive-keyring with apt, about 20 s.\n"


def test_an_installed_mmdebstrap_is_not_installed_again(host_is: Callable[..., None]) -> None:
    host_is("debian", root=True)
    host = FakeHost(READY)
    debian.bootstrap(io.BytesIO(), run=host)
    assert not any("apt-get" in line for line in host.asked)


def test_a_failed_installation_says_why() -> None:
    with pytest.raises(Trouble, match=r"^apt could not install mmdebstrap .*: Unable to locate package$"):
        debian.install(debian.PACKAGES, FakeHost({"env": Answer(100, err="E:\nUnable to locate package\n")}))


@pytest.mark.parametrize(("root", "hinted"), [(True, False), (False, True)])
def test_a_failure_without_root_points_to_root(root: bool, hinted: bool, host_is: Callable[..., None]) -> None:
    host_is("debian", root=root)
    failing = FakeHost(READY | {"mmdebstrap --quiet": Answer(1, err="E: failed to parse /etc/subuid\n")})
    with pytest.raises(Trouble, match="E: failed to parse /etc/subuid") as trouble:
        debian.bootstrap(io.BytesIO(), run=failing)
    assert ("`sudo make up`" in str(trouble.value)) is hinted


def test_an_archive_is_handed_over_at_its_beginning(host_is: Callable[..., None]) -> None:
    host_is("debian", root=True)
    archive = io.BytesIO()
    debian.bootstrap(archive, run=FakeHost(READY, files={"mmdebstrap": b"files"}))
    assert archive.read() == b"files"
