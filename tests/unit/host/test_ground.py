import json
import os
from pathlib import Path

import pytest

from host import ground
from host.command import Answer
from support.well_host import API, CONFIG, HEALTHCHECKER, PLACE, PS, configured, running, well_host

MOUNTS = [{"type": "volume", "source": "backups", "target": "/backups"}]
EVERYTHING = {
    "api": {"image": API},
    "healthchecker": {"image": HEALTHCHECKER},
    "backup": {"image": API, "profiles": ["backup"], "volumes": MOUNTS},
    "prometheus": {"image": "prometheus", "profiles": ["metrics"]},
    "replica": {"image": "replica", "profiles": ["replica"]},
}


@pytest.mark.parametrize(
    ("active", "present", "expected"),
    [
        ([], ["api"], ""),
        ([], ["api", "backup"], "backup"),
        (["prometheus"], ["api", "backup", "replica"], "backup,metrics,replica"),
        ([], ["api", "an-orphan"], ""),
    ],
)
def test_what_runs_by_a_profile_belongs_to_the_stack(
    active: list[str], present: list[str], expected: str, tmp_path: Path
) -> None:
    some = configured(**{name: EVERYTHING[name] for name in active})
    host = well_host(
        tmp_path,
        {PLACE: Answer(0, json.dumps({"services": EVERYTHING})), CONFIG: [some, configured()], PS: running(*present)},
    )
    _, place = ground.prepare(host)
    assert os.environ["COMPOSE_PROFILES"] == expected
    assert place == "the volume backups"
