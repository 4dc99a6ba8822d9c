import pytest

from app.problems import Code, ProblemError
from app.schema import judge, known_revisions

KNOWN = ["0003", "0002", "0001"]


def test_the_needed_revision_is_accepted() -> None:
    judge("0003", KNOWN)


@pytest.mark.parametrize(
    ("revision", "code"),
    [(None, Code.DB_SCHEMA_BEHIND), ("0001", Code.DB_SCHEMA_BEHIND), ("0004", Code.DB_SCHEMA_AHEAD)],
)
def test_an_older_revision_is_behind_and_an_unknown_one_ahead_and_both_are_told(
    revision: str | None, code: Code
) -> None:
    with pytest.raises(ProblemError) as refusal:
        judge(revision, KNOWN)
    assert refusal.value.code == code
    found = f"revision {revision}" if revision else "no revision"
    assert refusal.value.detail == f"The database is at {found}, and this version needs revision 0003."


def test_the_migrations_form_one_line_from_the_newest_to_the_first() -> None:
    assert known_revisions()[-1] == "0001"
