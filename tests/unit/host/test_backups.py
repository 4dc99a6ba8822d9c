from pathlib import Path
from typing import Any

import pytest

from host import backups
from host.trouble import Trouble


def config(kind: str, source: object) -> dict[str, Any]:
    mounts = [{"type": "volume", "source": "data", "target": "/data"}]
    mounts.append({"type": kind, "source": str(source), "target": "/backups"})
    return {"services": {"backup": {"volumes": mounts}}}


def test_a_folder_is_made_where_there_is_none(tmp_path: Path) -> None:
    place = tmp_path / "far" / "away"
    assert backups.prepare(config("bind", place)) == f"the folder {place}"
    assert place.is_dir()


def test_a_volume_is_left_to_the_engine() -> None:
    assert backups.prepare(config("volume", "backups")) == "the volume backups"


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Trouble, match=r"^BACKUP_DIR is .*/file/x, which cannot be made \(Not a directory\)") as trouble:
        backups.prepare(config("bind", tmp_path / "file" / "x"))
    assert trouble.value.exit_code == 73
