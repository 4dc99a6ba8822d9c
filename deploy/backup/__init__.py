"""Backups of the database, and the way back: one-off commands, and a service that backs up by the clock."""
