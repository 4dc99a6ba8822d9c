"""A FastAPI service whose database is one SQLite file on a mounted volume."""

__version__ = "0.1.0"
