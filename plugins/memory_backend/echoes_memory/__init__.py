"""The in-memory backend: all five facilities in one process, for one worker. It is also the fallback when Redis fails."""
