"""The service as a course would write it: what the benchmark compares with. It is meant to stay as it is."""
