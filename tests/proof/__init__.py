"""The front of the tests: it brings what they need, runs them in parallel, shows how far they are, and cleans up."""
