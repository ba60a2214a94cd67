"""Every error that crosses a seam, in one tree.

EchoesError
├── ConfigurationError            the server does not start; the text says what to change
│   ├── PluginError                 a backend or an extension cannot be loaded, names the culprit
│   └── StorageError                PostgreSQL cannot be reached, or its schema is not ours
├── FacilityError                 what a facility reports to the core
│   ├── FacilityUnavailable         it cannot be reached now; nothing is known about what was asked
│   │   └── FacilityFull              it answers and has no room for this; what needs none goes on
│   ├── StaleEpoch                  the session has a newer owner; the caller must let go of it
│   └── LeaseLost                   the lease expired or was taken over; stop the work it protected
└── PlayerError                   what a player sees: a stable code, a message, a hint
    ├── Refused                     the rules say no; nothing changed
    ├── Conflict                    somebody was faster, again and again; nothing changed
    └── Unavailable                 the truth cannot be reached; the outcome may be asked for with the same id
"""


class EchoesError(Exception):
    """The root: whatever this project raises on purpose."""


class ConfigurationError(EchoesError):
    """The server cannot start as it is configured. The message is meant for an operator and says what to do."""


class PluginError(ConfigurationError):
    """A backend or an extension cannot be used; the message names it."""


class StorageError(ConfigurationError):
    """PostgreSQL cannot be reached or does not hold our schema."""


class FacilityError(EchoesError):
    """A facility could not keep a promise; raised `from` the backend's own exception."""


class FacilityUnavailable(FacilityError):  # noqa: N818 - a state of the world, said plainly
    """The backend cannot be reached in time. Whether the operation happened is unknown."""


class FacilityFull(FacilityUnavailable):
    """The backend answers, and has no room for what this call would store. Nothing was changed; calls that need no room still work."""


class StaleEpoch(FacilityError):  # noqa: N818
    """The session was claimed by somebody newer; this write was refused and changed nothing."""


class LeaseLost(FacilityError):  # noqa: N818
    """The lease is no longer ours."""


class PlayerError(EchoesError):
    """An answer that a player reads.

    `code` is stable (clients may depend on it), `message` says what happened, `hint` what to do about it (may be empty). `retry_after`: in
    so many seconds the same may succeed; 0 where waiting does not help.
    """

    def __init__(self, code: str, message: str, hint: str = "", *, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.retry_after = retry_after


class Refused(PlayerError):  # noqa: N818
    """The rules do not allow it. Nothing changed."""


class Conflict(PlayerError):  # noqa: N818
    """The row changed under us more often than we retry. Nothing changed."""

    def __init__(self) -> None:
        super().__init__("conflict", "Somebody was faster.", "Look again, then try once more.")


class Unavailable(PlayerError):  # noqa: N818
    """PostgreSQL does not answer. Nothing half-done; the same command id may be sent again to learn the outcome."""

    def __init__(self) -> None:
        super().__init__("unavailable", "The city does not answer.", "Wait a moment, then try again.")
