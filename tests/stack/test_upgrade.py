"""The next version of the service: one that is broken is taken back, one that works stays, until it is rolled back."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest

from app import schema
from proof import run
from proof.leftovers import LABEL
from support.images import API_IMAGE, HEALTHCHECKER_IMAGE, IMAGE_TAG
from support.keeping import Keeper
from support.stack import Stack

# A verb that changes data refuses to begin while another one of this checkout goes on, whatever its stack is.
pytestmark = pytest.mark.xdist_group("verbs")

OLD_REVISION, NEW_REVISION = schema.known_revisions()[0], "next"
MIGRATION = f'revision = "{NEW_REVISION}"\ndown_revision = "{OLD_REVISION}"\n\ndef upgrade():\n    pass\n'
WORKS = f"FROM {API_IMAGE}\nLABEL {LABEL}={{run}}\nCOPY next.py /srv/api/migrations/versions/next.py\n"
# It migrates the database and serves, and no health check will ever say so.
IS_BROKEN = f"{WORKS}COPY sick.py /srv/healthcheck.py\n"
READ_REVISION = """
import sqlite3
print(*sqlite3.connect("/data/api.db").execute("SELECT version_num FROM alembic_version").fetchone())
"""
OVERLAY = "services: {{api: {{build: {{context: {folder}}}}}}}"


@dataclass(frozen=True)
class Project:
    """A stack whose next version is built from a folder."""

    keeper: Keeper
    folder: Path

    @property
    def names(self) -> list[str]:
        """The tasks there are."""
        rows, damage = self.keeper.stack.stored()
        assert not damage
        return [name for _, name in rows]

    @property
    def revision(self) -> str:
        """The schema's."""
        return self.keeper.stack.python(READ_REVISION)

    @property
    def image(self) -> str:
        """What the API runs."""
        return str(self.keeper.stack.container("api").attrs["Image"])

    def add(self, name: str) -> None:
        """Create a task."""
        assert self.keeper.stack.post("/tasks", {"name": name}).status_code == 201

    def next_version(self, dockerfile: str) -> None:
        """Say what the next build makes."""
        (self.folder / "Dockerfile").write_text(dockerfile.format(run=run.current().name))


@pytest.fixture
def project(engine: None, tmp_path: Path) -> Iterator[Project]:
    folder = tmp_path / "next"
    folder.mkdir()
    (folder / "next.py").write_text(MIGRATION)
    (folder / "sick.py").write_text("raise SystemExit('sick')\n")
    images = docker.from_env().images
    tag = f"{run.prefix()}-upgrade"
    names = [image.replace(IMAGE_TAG, tag) for image in (API_IMAGE, HEALTHCHECKER_IMAGE)]
    for name in names:
        images.get(name.replace(tag, IMAGE_TAG)).tag(name)
    try:
        with Stack("upgrade", tmp_path, variables={"IMAGE_TAG": tag}, overlay=OVERLAY.format(folder=folder)) as stack:
            started = stack.up()
            assert started.returncode == 0, started.stderr
            yield Project(Keeper(stack, tmp_path / "backups"), folder)
    finally:
        for name in names:
            for each in (name, f"{name}-previous"):
                if images.list(each):
                    images.remove(each, force=True)
        images.prune(filters={"dangling": True, "label": f"{LABEL}={run.current().name}"})


@pytest.mark.timeout(600)
@pytest.mark.fault("L8")
def test_a_broken_version_is_taken_back_and_one_that_works_stays_until_it_is_rolled_back(project: Project) -> None:
    old = project.image
    project.add("before")

    project.next_version(IS_BROKEN)
    failed = project.keeper.run("upgrade")
    assert failed.returncode == 69, failed.stdout + failed.stderr
    assert "The version from before is in place with the snapshot" in failed.stderr
    assert "is kept as snapshot" in failed.stdout, "what the broken version has made of the database is not thrown away"
    assert (project.image, project.revision, project.names) == (old, OLD_REVISION, ["before"])
    project.keeper.stack.healthy()

    project.next_version(WORKS)
    project.keeper.done("upgrade")
    assert project.image != old
    assert (project.revision, project.names) == (NEW_REVISION, ["before"])
    project.add("after")

    project.keeper.done("rollback")
    assert (project.image, project.revision, project.names) == (old, OLD_REVISION, ["before"])
    project.keeper.stack.healthy()
