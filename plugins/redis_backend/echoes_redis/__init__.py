"""The Redis backend: many workers act as one server."""
