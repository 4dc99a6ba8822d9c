"""The service's own addresses, beside those of the resources."""
