from pathlib import Path

import pytest

from host import job
from host.command import Answer
from host.trouble import Trouble
from support.fake_host import FakeHost
from support.well_host import VERIFY


def test_what_a_command_found_is_a_result_and_what_it_remarks_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    job.do("verify", run=FakeHost({VERIFY: Answer(0, "ok\n", "An earlier restore was interrupted.\n")}))
    assert capsys.readouterr() == ("ok\n", "An earlier restore was interrupted.\n")


def test_a_refusal_has_the_words_and_the_exit_code_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    warned = 'time="2030" level=warning msg="obsolete"\nIt is not well: rows.\n'
    with pytest.raises(Trouble, match=r"^It is not well: rows\.$") as trouble:
        job.do("verify", run=FakeHost({VERIFY: Answer(65, "damaged  rows\n", warned)}))
    assert trouble.value.exit_code == 65
    assert capsys.readouterr().out == "damaged  rows\n"


@pytest.mark.parametrize(
    ("answer", "said"), [(Answer(137), "exit code 137"), (Answer(1, err="no such module\n"), "no such module")]
)
def test_a_command_that_ends_in_any_other_way_has_broken_off(answer: Answer, said: str) -> None:
    with pytest.raises(Trouble, match=rf"^The work on the data broke off: {said}\.$") as trouble:
        job.do("verify", run=FakeHost({VERIFY: answer}))
    assert trouble.value.exit_code == 69


def test_a_command_does_not_outlive_whoever_is_interrupted_in_it() -> None:
    host = FakeHost({VERIFY: KeyboardInterrupt()})
    with pytest.raises(KeyboardInterrupt):
        job.do("verify", run=host)
    assert host.asked[-2:] == [
        "docker stop --time 10 fastapi-sqlite-backup-0",  # it takes away what it has not finished
        "docker rm --force fastapi-sqlite-backup-0",
    ]


def test_a_file_is_read_by_the_command(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"archive")
    host = FakeHost({VERIFY: Answer()})
    with (tmp_path / "a.zip").open("rb") as file:
        job.do("verify", "-", stdin=file, run=host)
    assert host.read == {f"{VERIFY} -": b"archive"}
