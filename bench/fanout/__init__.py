"""Fan-out beside peers: rooms of clients who speak, and what it costs."""
