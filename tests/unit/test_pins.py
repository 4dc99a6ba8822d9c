"""What is built tomorrow is what was tested today: everything that a build fetches is pinned."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
REQUIREMENTS = [ROOT / "api" / "requirements.txt", ROOT / "deploy" / "healthchecker" / "requirements.txt"]


@pytest.mark.fault("S4")
@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.parent.name)
def test_every_package_of_an_image_is_pinned_with_its_hash(path: Path) -> None:
    entries = re.findall(r"^\w.*(?:(?<=\\)\n.*)*", path.read_text(), re.MULTILINE)
    assert entries
    for entry in entries:
        assert re.match(r"[\w.\[\]-]+==\S+ ", entry), entry
        assert "--hash=sha256:" in entry, entry


@pytest.mark.fault("S4")
def test_pip_installs_only_what_has_its_hash() -> None:
    installs = re.findall(r"pip\b[^&;]*?\binstall\b[^;]*;", DOCKERFILE)
    assert installs
    assert all("--require-hashes" in install for install in installs)


@pytest.mark.fault("S4")
def test_every_stage_begins_from_the_one_base_image_from_nothing_or_from_another_stage() -> None:
    stages = set(re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.MULTILINE))
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) <= stages | {"${BASE_IMAGE}", "scratch"}
