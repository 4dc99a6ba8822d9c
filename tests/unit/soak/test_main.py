import pytest

from soak.__main__ import parse


def test_a_seed_is_made_up_where_none_is_given() -> None:
    assert parse(["--minutes", "0.5"]).minutes == 0.5
    assert len({parse([]).seed for _ in range(5)}) > 1


@pytest.mark.parametrize("wrong", [["--minutes", "ten"], ["--minutes", "0"], ["--seed", "x"], ["--faster"]])
def test_wrong_arguments_are_refused_by_name(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(wrong)
    usage, error = capsys.readouterr().err.splitlines()
    assert usage.startswith("usage: ")
    assert wrong[0] in error
