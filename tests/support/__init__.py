"""What the rings of tests share."""
