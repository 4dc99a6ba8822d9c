from support.fault_matrix import listed_rows, marked_rows


def test_every_row_of_the_fault_matrix_is_proved_by_a_test_and_every_proof_has_its_row() -> None:
    assert marked_rows() == set(listed_rows())


def test_no_row_of_the_fault_matrix_is_listed_twice() -> None:
    assert len(listed_rows()) == len(set(listed_rows()))


def test_the_fault_matrix_has_at_least_75_rows() -> None:
    assert len(listed_rows()) >= 75
