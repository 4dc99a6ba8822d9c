from typing import Any

import pytest

from host import base_image, build, images
from host.command import Answer
from host.trouble import Trouble
from support.fake_host import FakeHost
from support.well_host import API, HEALTHCHECKER, TAG, inspected

BUILT: dict[str, Any] = {
    "services": {"api": {"image": API, "build": {}}, "healthchecker": {"image": HEALTHCHECKER, "build": {}}}
}
PULLED: dict[str, Any] = {"services": {"api": {"image": API}, "healthchecker": {"image": HEALTHCHECKER}}}


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    done: list[str] = []
    monkeypatch.setattr(build, "build", done.append)
    monkeypatch.setattr(base_image, "ensure", lambda _run: "base")
    return done


def test_images_that_are_there_are_not_built_again(builds: list[str]) -> None:
    images.ensure(BUILT, FakeHost({"docker image inspect": Answer(0, "sha256:x")}))
    assert builds == []


def test_images_are_built_where_one_is_missing(builds: list[str]) -> None:
    images.ensure(BUILT, FakeHost({inspected(API): Answer(0, "sha256:x")}))
    assert builds == ["base"]


def test_images_that_are_not_built_here_are_pulled(builds: list[str]) -> None:
    host = FakeHost({"docker compose pull": Answer()})
    images.renew(PULLED, host)
    assert (builds, host.asked) == ([], ["docker compose pull --quiet api healthchecker"])


def test_images_that_cannot_be_pulled_are_named(builds: list[str]) -> None:
    host = FakeHost({"docker compose pull": Answer(1, err="no such host")})
    with pytest.raises(Trouble, match=r"^The images of api, healthchecker cannot be pulled: no such host$"):
        images.renew(PULLED, host)


def test_what_is_kept_is_found_again() -> None:
    host = FakeHost({TAG: Answer(), "docker image inspect": Answer(0, "sha256:kept\n")})
    images.keep({API: "sha256:kept"}, host)
    assert host.asked == [f"docker tag sha256:kept {API}-previous"]
    assert images.previous({"services": {"api": {"image": API}}}, host) == {API: "sha256:kept"}


def test_without_the_image_of_the_api_nothing_is_kept() -> None:
    host = FakeHost({inspected(f"{HEALTHCHECKER}-previous"): Answer(0, "sha256:x")})
    assert images.previous(PULLED, host) == {}


def test_an_image_that_cannot_be_named_is_trouble() -> None:
    host = FakeHost({TAG: Answer(1, err="no such image")})
    with pytest.raises(Trouble, match=rf"^The engine cannot name sha256:x {API}: no such image$"):
        images.name({API: "sha256:x"}, host)
