"""The experiments, each from its containers to its results."""
