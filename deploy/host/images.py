"""The images of the stack, and those that were in use before them."""

from typing import Any

from host import base_image, build, command, compose, console
from host.command import Run
from host.trouble import Trouble

PREVIOUS = "-previous"


def names(config: dict[str, Any]) -> dict[str, str]:
    """Give the image of each service that is used."""
    return {service: str(settings["image"]) for service, settings in sorted(config["services"].items())}


def check(config: dict[str, Any], run: Run = command.run) -> None:
    """Make sure that the image is there in which work on the data is done.

    Raises:
        Trouble: It is not.

    """
    image = names(config)["api"]
    if not identity(image, run):
        raise Trouble(f"The image {image} is not there: `make up` builds it.")


def ensure(config: dict[str, Any], run: Run = command.run) -> None:
    """Build the images when one is missing.

    Raises:
        Trouble: They cannot be built, or are not built here at all.

    """
    if not all(identity(image, run) for image in names(config).values()):
        renew(config, run)


def renew(config: dict[str, Any], run: Run = command.run) -> None:
    """Build the images that are built here, and pull the others.

    Raises:
        Trouble: One cannot be had.

    """
    built = [service for service, settings in config["services"].items() if "build" in settings]
    if built:
        build.build(base_image.ensure(run))
    pulled = sorted(set(config["services"]) - set(built))
    if not pulled:
        return
    console.say(f"Pulling the images of {', '.join(pulled)}.")
    answer = run("docker", "compose", "pull", "--quiet", *pulled)
    if not answer.ok:
        raise Trouble(f"The images of {', '.join(pulled)} cannot be pulled: {answer.reason}")


def identity(image: str, run: Run = command.run) -> str | None:
    """Give the engine's own name of an image, which stays when the name that we use is given to another."""
    found = run("docker", "image", "inspect", "--format", "{{.Id}}", image)
    return found.out.strip() if found.ok else None


def in_use(config: dict[str, Any], run: Run = command.run) -> dict[str, str]:
    """Give by name the images that the containers run, or would run where there is no container yet."""
    of_containers = {
        container.service: run("docker", "inspect", "--format", "{{.Image}}", container.identity).out.strip()
        for container in compose.containers(run)
    }
    found: dict[str, str] = {}
    for service, image in names(config).items():
        its = of_containers.get(service) or identity(image, run)
        if its:
            found.setdefault(image, its)  # the API's comes first, and its image is also that of the backups
    return found


def previous(config: dict[str, Any], run: Run = command.run) -> dict[str, str]:
    """Give by name the images that `keep` has kept, none at all where the API's is not there."""
    found = {image: identity(image + PREVIOUS, run) for image in names(config).values()}
    return {image: its for image, its in found.items() if its} if found[names(config)["api"]] else {}


def keep(images: dict[str, str], run: Run = command.run) -> None:
    """Keep images beside those that are to get their names."""
    name({image + PREVIOUS: its for image, its in images.items()}, run)


def name(images: dict[str, str], run: Run = command.run) -> None:
    """Give each image its name, which another one may have now.

    Raises:
        Trouble: The engine does not.

    """
    for image, its in images.items():
        tagged = run("docker", "tag", its, image)
        if not tagged.ok:
            raise Trouble(f"The engine cannot name {its} {image}: {tagged.reason}")
