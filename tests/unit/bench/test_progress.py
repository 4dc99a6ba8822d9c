from bench.progress import line


def test_the_rest_is_expected_to_go_as_what_is_done_did() -> None:
    assert line(elapsed=60, planned=30, expected=90) == " 1:00,  2:00 left"


def test_nothing_is_left_when_it_took_longer_than_planned() -> None:
    assert line(elapsed=60, planned=90, expected=80) == " 1:00,  0:00 left"
