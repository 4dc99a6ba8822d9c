import json
from collections.abc import Callable

import pytest

from host import base_image
from host.base_image import OFFICIAL, OWN
from host.command import Answer
from host.trouble import Trouble
from support.fake_host import FakeHost

NO_REGISTRY = Answer(1, err="Error response from daemon: dial tcp: lookup: no such host\n")


def configured(chosen: str = OFFICIAL) -> dict[str, Answer]:
    config = {"services": {"api": {"build": {"args": {"BASE_IMAGE": chosen}}}}}
    return {"docker compose config": Answer(0, json.dumps(config))}


def has(*images: str) -> dict[str, Answer]:
    return {f"docker image inspect {image}": Answer() for image in images}


def test_what_the_user_chose_wins() -> None:
    assert base_image.ensure(FakeHost(configured("mirror/debian:13") | has(OFFICIAL, OWN))) == "mirror/debian:13"


@pytest.mark.parametrize(("here", "expected"), [((OFFICIAL, OWN), OFFICIAL), ((OWN,), OWN)])
def test_what_is_here_is_used_without_asking_a_registry(here: tuple[str, ...], expected: str) -> None:
    host = FakeHost(configured() | has(*here))
    assert base_image.ensure(host) == expected
    assert not any(line.startswith("docker pull") for line in host.asked)


def test_the_official_image_is_pulled_where_a_registry_answers() -> None:
    assert base_image.ensure(FakeHost(configured() | {"docker pull": Answer()})) == OFFICIAL


@pytest.mark.fault("L10")
def test_where_no_registry_answers_our_own_is_made_and_that_is_said(
    host_is: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    host_is("debian", root=True)
    host = FakeHost(
        configured()
        | {"docker pull": NO_REGISTRY, "mmdebstrap": Answer(), f'docker import --change CMD ["bash"] - {OWN}': Answer()}
    )
    assert base_image.ensure(host) == OWN
    assert capsys.readouterr().err.splitlines() == [
        f"Pulling {OFFICIAL}, 30 MB.",
        f"No registry gives it (no such host). Making {OWN} from Debian's packages, about 30 s.",
    ]


def test_half_a_file_tree_never_becomes_an_image(host_is: Callable[..., None]) -> None:
    host_is("debian", root=True)
    host = FakeHost(
        configured()
        | {"docker pull": NO_REGISTRY, "mmdebstrap": Answer(1, err="E: disk full"), "mmdebstrap --version": Answer()}
    )
    with pytest.raises(Trouble, match="E: disk full"):
        base_image.ensure(host)
    assert not any(line.startswith("docker import") for line in host.asked)


@pytest.mark.fault("L10")
def test_where_neither_can_be_had_the_variable_is_named(host_is: Callable[..., None]) -> None:
    host_is("fedora", root=True)
    with pytest.raises(Trouble, match=f"^{OFFICIAL} cannot be pulled .no such host.: set BASE_IMAGE to"):
        base_image.ensure(FakeHost(configured() | {"docker pull": NO_REGISTRY}))
