"""The in-memory backend: all five facilities in one process, for one worker. It is also the way back when Redis fails."""
