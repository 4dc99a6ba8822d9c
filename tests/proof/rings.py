"""The rings of the tests, the cheap ones first, as the folders below `tests` are called."""

RINGS = ("lint", "unit", "app", "process", "stack")
