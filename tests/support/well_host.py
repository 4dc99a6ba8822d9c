"""A host with all that the verbs about the data need, as a table of answers."""

import json
from pathlib import Path
from typing import Any

from host.command import Answer
from host.compose import EVERY_PROFILE
from support.fake_host import FakeHost, Known

API, HEALTHCHECKER = "fastapi-sqlite/api:1", "fastapi-sqlite/healthchecker:1"

# The beginnings of commands.
CONFIG, PLACE = "docker compose config", f"docker compose {' '.join(EVERY_PROFILE)} config"
VOLUME, PS, UP, STOP = "docker volume inspect", "docker compose ps", "docker compose up", "docker compose stop"
TAG, DOWN, REMOVE = "docker tag", f"docker compose {' '.join(EVERY_PROFILE)} down", "docker volume rm"
JOB = "docker compose --progress quiet run --rm --no-deps -T --name fastapi-sqlite-backup-0 backup python3 -m backup"
CREATE, VERIFY, STAGE, SWAP, UNDO, SETTLE, STATE = (
    f"{JOB} {verb}" for verb in ("create", "verify", "stage", "swap", "undo", "settle", "state")
)
REPLICA_JOB = JOB.replace(" backup python3", " replica python3")


def inspected(image: str) -> str:
    """Give the question for the identity of an image."""
    return f"docker image inspect --format {{{{.Id}}}} {image}"


def running(*services: str, state: str = "running") -> Answer:
    """Give the containers that run."""
    rows = [{"ID": service, "Service": service, "State": state, "Health": "healthy"} for service in services]
    return Answer(0, json.dumps(rows))


def configured(**services: dict[str, Any]) -> Answer:
    """Give what compose.yaml comes to."""
    settings = {"api": {"image": API}, "healthchecker": {"image": HEALTHCHECKER}} | services
    return Answer(0, json.dumps({"name": "shop", "services": settings, "volumes": {"data": {"name": "shop_data"}}}))


def stand(revision: str | None = "0002", needed: str = "0002", snapshots: tuple[str, ...] = ()) -> Answer:
    """Give how things stand on the volume."""
    return Answer(0, json.dumps({"revision": revision, "needed": needed, "snapshots": snapshots}))


def well_host(folder: Path, answers: dict[str, Known] | None = None) -> FakeHost:
    """Make a host with everything, whose stack runs and whose backups are in `folder`; `answers` are what differs."""
    mounts = [{"type": "bind", "source": str(folder), "target": "/backups"}]
    usual: dict[str, Known] = {
        "docker version": Answer(0, "27.0.1\n"),
        "docker compose version": Answer(0, "2.26.1\n"),
        "docker buildx version": Answer(0, "github.com/docker/buildx 0.13.1\n"),
        CONFIG: configured(),
        PLACE: Answer(0, json.dumps({"services": {"backup": {"volumes": mounts, "profiles": ["backup"]}}})),
        VOLUME: Answer(),
        PS: running("api", "healthchecker"),
        inspected(API): Answer(0, "sha256:old-api\n"),
        inspected(HEALTHCHECKER): Answer(0, "sha256:old-healthchecker\n"),
        "docker inspect --format {{.Image}} api": Answer(0, "sha256:old-api\n"),
        "docker inspect --format {{.Image}} healthchecker": Answer(0, "sha256:old-healthchecker\n"),
        inspected(f"{API}-previous"): Answer(1),
        inspected(f"{HEALTHCHECKER}-previous"): Answer(1),
        UP: Answer(),
        STOP: Answer(),
        TAG: Answer(),
        DOWN: Answer(),
        REMOVE: Answer(),
        "docker rm": Answer(),
        CREATE: Answer(0, "backup api-1.zip, 1 kB\n"),
        VERIFY: Answer(0, "ok  everything\n"),
        STAGE: Answer(),
        SWAP: Answer(0, "It is in place.\n"),
        UNDO: Answer(0, "The old database is in place.\n"),
        SETTLE: Answer(),
        STATE: stand(),
    }
    return FakeHost(usual | (answers or {}))
