from pathlib import Path

import pytest

from host.backup import backup
from host.command import Answer
from host.trouble import Trouble
from support.well_host import API, CREATE, VOLUME, inspected, well_host


def test_a_backup_is_told_of_and_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    backup(run=well_host(tmp_path))
    told = capsys.readouterr()
    assert told.out == "backup api-1.zip, 1 kB\n"
    assert told.err == f"Backing up to the folder {tmp_path}; the service goes on meanwhile.\n"


def test_the_limits_are_handed_on(tmp_path: Path) -> None:
    host = well_host(tmp_path)
    backup("14", "30", run=host)
    assert host.asked[-1] == f"{CREATE} --keep 14 --keep-days 30"


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5", "٣"])
def test_a_limit_that_is_no_number_is_refused_before_anything_is_asked(value: str, tmp_path: Path) -> None:
    host = well_host(tmp_path)
    with pytest.raises(Trouble, match=rf"^KEEP is '{value}': give a whole number above 0") as trouble:
        backup(value, run=host)
    assert (trouble.value.exit_code, host.asked) == (64, [])


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (VOLUME, "There is nothing to back up: the volume shop_data does not exist. `make up` makes it."),
        (inspected(API), f"The image {API} is not there: `make up` builds it."),
    ],
)
def test_a_stack_that_never_ran_has_nothing_to_back_up(missing: str, said: str, tmp_path: Path) -> None:
    host = well_host(tmp_path, {missing: Answer(1)})
    with pytest.raises(Trouble) as trouble:
        backup(run=host)
    assert (str(trouble.value), trouble.value.exit_code) == (said, 69)
    assert not host.were(CREATE), "it would make an empty volume"
