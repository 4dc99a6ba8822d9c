import pytest

from app.problems import PROBLEMS, Code, Problem

UNAVAILABLE = [code for code in Code if code.startswith("db_") or code is Code.DRAINING]


def test_every_code_has_a_row_in_the_table() -> None:
    assert set(PROBLEMS) == set(Code)


@pytest.mark.parametrize("code", UNAVAILABLE)
def test_every_fault_of_the_database_is_503_with_a_time_to_look_again(code: Code) -> None:
    assert PROBLEMS[code].status == 503
    assert PROBLEMS[code].retry_after


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=list(PROBLEMS))
def test_every_title_and_remedy_is_one_line_of_whole_sentences(problem: Problem) -> None:
    for text in (problem.title, problem.remedy):
        assert text.endswith(".")
        assert text.isprintable()
        assert text[0].isupper()
