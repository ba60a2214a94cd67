"""The name that `echoes.log_limit` had in seam version 1; plugins written for it import it from here."""

from echoes.log_limit import LOG_LIMIT as REPEATS
from echoes.log_limit import LogLimit as Repeats

__all__ = ["REPEATS", "Repeats"]
