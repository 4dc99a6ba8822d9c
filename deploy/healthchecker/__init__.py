"""Watches the API from beside it and says, in one sentence, what is wrong and what to do."""

__version__ = "0.1.0"
