import platform
import shutil
from typing import NamedTuple

import pytest

from host import machine
from host.command import Answer
from host.trouble import Trouble
from support.fake_host import FakeHost


class Usage(NamedTuple):
    free: int


@pytest.mark.parametrize(("system", "name"), [("Linux", "Linux"), ("Darwin", "macOS")])
def test_linux_and_macos_will_do(system: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    assert machine.check_system().startswith(name)


def test_windows_is_sent_to_wsl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Windows")
    with pytest.raises(Trouble, match=r"WSL"):
        machine.check_system()


def test_a_tool_gives_its_version() -> None:
    assert machine.check_tool("make", FakeHost({"make --version": Answer(0, "GNU Make 4.3\n")})) == "4.3"


def test_an_absent_tool_is_named() -> None:
    with pytest.raises(Trouble, match=r"^There is no working `make` command"):
        machine.check_tool("make", FakeHost({}))


def test_too_little_disk_is_told_in_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1_500_000_000))
    with pytest.raises(Trouble, match=r"^1.5 GB are free in /var/lib/docker and 2 GB are needed"):
        machine.check_disk({"DockerRootDir": "/var/lib/docker"})


def test_a_disk_that_only_the_engine_sees_is_no_obstacle() -> None:
    assert "cannot be seen" in machine.check_disk({"DockerRootDir": "/no/such/folder"})


def test_too_little_memory_is_told_in_numbers() -> None:
    with pytest.raises(Trouble, match=r"^The engine has 0.5 GB of memory and 1 GB are needed"):
        machine.check_memory({"MemTotal": 512_000_000})
