import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host import plugins
from host.command import Answer
from host.plugins import BUILDX, COMPOSE
from host.trouble import Trouble
from support.fake_host import FakeHost

GOOD_COMPOSE = {"docker compose": Answer(0, "2.26.1-4\n")}
GOOD_BUILDX = {"docker buildx": Answer(0, "github.com/docker/buildx 0.13.1+ds1\n")}
ABSENT = Answer(1, err="docker: 'compose' is not a docker command.\n")


def packed(*files: str) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for file in files:
            entry = tarfile.TarInfo(plugins.PACKED_IN + file)
            entry.size = len(file)
            tar.addfile(entry, io.BytesIO(file.encode()))
    return archive.getvalue()


class BareHost(FakeHost):
    """Lacks plugins, has mmdebstrap, and sees what is unpacked at once, as docker does."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        super().__init__({"mmdebstrap": Answer()} | answers, {"mmdebstrap": packed("docker-compose", "docker-buildx")})

    def __call__(self, *command: str, **streams: Any) -> Answer:
        answer = super().__call__(*command, **streams)
        if "--variant=extract" in command:
            self.answers |= GOOD_COMPOSE | GOOD_BUILDX
        return answer


def test_nothing_is_done_where_both_plugins_are(plugin_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plugins.ensure(FakeHost(GOOD_COMPOSE | GOOD_BUILDX))
    assert not plugin_folder.exists()
    assert capsys.readouterr().err == ""


def test_missing_plugins_are_brought_executable(plugin_folder: Path, host_is: Callable[..., None]) -> None:
    host_is("debian", root=True)
    plugins.ensure(BareHost({}))
    assert {file.name: file.read_text() for file in plugin_folder.iterdir()} == {
        "docker-compose": "docker-compose",
        "docker-buildx": "docker-buildx",
    }
    assert {file.stat().st_mode & 0o777 for file in plugin_folder.iterdir()} == {0o755}


def test_what_is_brought_and_where_to_is_said_before(
    plugin_folder: Path, host_is: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    host_is("debian", root=True)
    plugins.ensure(BareHost({}))
    expected = f"Bringing Docker's Compose and Buildx from Debian's packages to {plugin_folder}, about 10 s.\n"
    assert capsys.readouterr().err == expected


def test_a_plugin_that_is_there_is_not_touched(plugin_folder: Path, host_is: Callable[..., None]) -> None:
    host_is("debian", root=True)
    plugin_folder.mkdir(parents=True)
    (plugin_folder / "docker-compose").write_text("the user's own")
    host = BareHost(GOOD_COMPOSE)
    plugins.ensure(host)
    assert (plugin_folder / "docker-compose").read_text() == "the user's own"
    assert (plugin_folder / "docker-buildx").exists()
    assert "--include=docker-buildx trixie" in host.asked[-2]


def test_the_version_of_a_plugin_is_found() -> None:
    assert plugins.find(COMPOSE, FakeHost(GOOD_COMPOSE)) == (2, 26, 1)


def test_a_missing_plugin_has_no_version() -> None:
    assert plugins.find(COMPOSE, FakeHost({"docker compose": ABSENT})) is None


def test_a_plugin_that_is_too_old_is_named_and_left_to_the_user() -> None:
    old = FakeHost({"docker compose": Answer(0, "2.18.1\n")})
    with pytest.raises(Trouble, match=r"^Docker's plugin Compose 2.18.1 is too old: upgrade it to 2.20 or newer"):
        plugins.find(COMPOSE, old)


def test_a_plugin_that_does_not_run_is_named_and_left_to_the_user(plugin_folder: Path) -> None:
    plugin_folder.mkdir(parents=True)
    (plugin_folder / "docker-buildx").symlink_to("gone")
    with pytest.raises(Trouble, match=r"docker-buildx does not run .*: remove it, then run this again.$"):
        plugins.find(BUILDX, FakeHost({"docker buildx": ABSENT}))


def test_a_host_of_another_family_is_sent_to_the_documentation_of_docker(host_is: Callable[..., None]) -> None:
    host_is("fedora", root=True)
    with pytest.raises(Trouble, match=r"is missing: install docker-compose as Docker's documentation says.$"):
        plugins.ensure(FakeHost({}))
