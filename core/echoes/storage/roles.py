"""The roles of operators."""

from typing import Literal, get_args

Role = Literal["viewer", "moderator", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
"""From the least to the greatest: each may do all that the former may."""
