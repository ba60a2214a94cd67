"""Counts of every message: plain numbers, added to the metrics once a second."""

from dataclasses import dataclass, fields

from echoes_redis import metrics


@dataclass(slots=True)
class Counters:
    """Counts since the last `carry`."""

    received: int = 0
    delivered: int = 0
    filled: int = 0
    gaps: int = 0
    duplicates: int = 0
    foreign: int = 0

    def carry(self) -> None:
        """Add them to the metrics."""
        metrics.RECEIVED.inc(self.received)
        metrics.DELIVERED.inc(self.delivered)
        metrics.HOLES.inc(self.filled)
        metrics.GAPS.inc(self.gaps)
        metrics.DUPLICATES.inc(self.duplicates)
        metrics.FOREIGN.inc(self.foreign)
        for field in fields(self):
            setattr(self, field.name, 0)
