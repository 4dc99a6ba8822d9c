import os
import platform
from collections.abc import Callable
from pathlib import Path

import pytest

from host import debian, job, turn, up

RELEASES = {
    "debian": {"ID": "debian"},
    "ubuntu": {"ID": "ubuntu", "ID_LIKE": "debian"},
    "fedora": {"ID": "fedora"},
}


@pytest.fixture(autouse=True)
def plugin_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Keep these tests away from the plugins of whoever runs them."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    return tmp_path / "docker" / "cli-plugins"


@pytest.fixture
def host_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Pretend to be a user of some distribution, with Debian's keys in place."""

    def pretend(distribution: str, *, root: bool) -> None:
        keyring = tmp_path / "keyring.gpg"
        keyring.touch()
        monkeypatch.setattr(debian, "KEYRING", keyring)
        monkeypatch.setattr(platform, "freedesktop_os_release", lambda: RELEASES[distribution])
        monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)

    return pretend


@pytest.fixture(autouse=True)
def no_turn_of_anybody_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep these tests away from the verbs that go on in this checkout."""
    monkeypatch.setattr(turn, "ROOT", tmp_path)


@pytest.fixture(autouse=True)
def no_profiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep these tests away from the profiles of whoever runs them, and from each other's."""
    monkeypatch.setenv("COMPOSE_PROFILES", "")


@pytest.fixture(autouse=True)
def names_of_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the container of each command on the data the same name."""
    monkeypatch.setattr(job.secrets, "token_hex", lambda _: "0")


@pytest.fixture
def healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every stack that was started answer that all is well."""
    monkeypatch.setattr(up, "report", lambda _run: "The stack is healthy.")
