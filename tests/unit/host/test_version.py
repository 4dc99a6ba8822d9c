import pytest

from host import version


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20.10.24+dfsg1", (20, 10, 24)),
        ("v2.26.1-4\n", (2, 26, 1)),
        ("github.com/docker/buildx 0.13.1+ds1 0.13.1+ds1-3", (0, 13, 1)),
        ("GNU Make 4.3\nBuilt for x86_64-pc-linux-gnu", (4, 3)),
        ("dev", ()),
    ],
)
def test_the_first_version_number_is_found(text: str, expected: tuple[int, ...]) -> None:
    assert version.parse(text) == expected
