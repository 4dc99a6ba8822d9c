"""The benchmark: this project against the naive version, side by side, in containers. `make bench` runs it."""
