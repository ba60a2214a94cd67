"""Serving: the supervisor, one worker's life, listening and draining. `echoes serve` begins in `start`, a supervisor's worker in `child`."""
