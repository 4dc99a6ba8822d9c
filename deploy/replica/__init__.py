"""The sidecar that has Litestream bring every write of the database to a second place, and back from there."""
