"""Every error that crosses a seam, in one tree.

EchoesError
├── ConfigurationError            the server does not start; the text says what to change
│   ├── PluginError                 a backend or an extension cannot be loaded; the text names it
│   └── StorageError                PostgreSQL is unavailable, or its schema is of another release
├── FacilityError                 a facility reports it to the core
│   ├── FacilityUnavailable         the backend is unavailable now; the outcome of the call is unknown
│   │   └── FacilityFull              the backend answers and has no room for this call; others succeed
│   ├── StaleEpoch                  the session has a newer owner; the caller must drop it
│   └── LeaseLost                   the lease expired or was taken over; stop the work it protected
└── PlayerError                   a player sees it: a stable code, a message, a hint
    ├── Refused                     the rules forbid it; nothing changed
    ├── Conflict                    other commands were faster, repeatedly; nothing changed
    └── Unavailable                 PostgreSQL is unavailable; the outcome may be asked for with the same id
"""


class EchoesError(Exception):
    """The root of all errors that this project raises on purpose."""


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
    """A newer owner has claimed the session; this write was refused and changed nothing."""


class LeaseLost(FacilityError):  # noqa: N818
    """Another caller holds the lease, or it has expired."""


class PlayerError(EchoesError):
    """An answer that a player reads.

    `code` is stable: clients may depend on it. `message` says what happened, `hint` what to do about it; it may be empty. `retry_after` is
    the seconds after which the same may succeed; 0 where waiting does not help.
    """

    def __init__(self, code: str, message: str, hint: str = "", *, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.retry_after = retry_after


class Refused(PlayerError):  # noqa: N818
    """The rules do not allow it. Nothing changed."""


class Restarting(Refused):
    """This worker leaves; another one answers in a moment."""

    def __init__(self) -> None:
        super().__init__("unavailable", "This server is being restarted.", "Try again in a few seconds.", retry_after=2.0)


class Conflict(PlayerError):  # noqa: N818
    """The row changed under us more often than we retry. Nothing changed."""

    def __init__(self) -> None:
        super().__init__("conflict", "Somebody was faster.", "Look again, then try once more.")


class Unavailable(PlayerError):  # noqa: N818
    """PostgreSQL does not answer. Nothing half-done; the same command id may be sent again to learn the outcome."""

    def __init__(self) -> None:
        super().__init__("unavailable", "The city does not answer.", "Wait a moment, then try again.")
