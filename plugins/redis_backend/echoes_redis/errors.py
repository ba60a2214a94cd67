"""Redis' errors, and the one place that translates them into the core's."""

import ssl

import redis.exceptions as redis_errors
import structlog
from echoes.error_text import reason
from echoes.errors import ConfigurationError, FacilityFull, FacilityUnavailable
from echoes.log_limit import LOG_LIMIT

log = structlog.get_logger("echoes.redis")

_CLASSES: dict[str, type[redis_errors.RedisError]] = {
    "OOM": redis_errors.OutOfMemoryError,
    "WRONGPASS": redis_errors.AuthenticationError,
    "NOAUTH": redis_errors.AuthenticationError,
    "NOPERM": redis_errors.NoPermissionError,
    "LOADING": redis_errors.BusyLoadingError,
    "NOSCRIPT": redis_errors.NoScriptError,
    "READONLY": redis_errors.ReadOnlyError,
    "MASTERDOWN": redis_errors.MasterDownError,
}
_WITHIN_SCRIPTS = {
    "OOM command not allowed": redis_errors.OutOfMemoryError,
    "READONLY You can't write": redis_errors.ReadOnlyError,
    "invalid password": redis_errors.AuthenticationError,
    "invalid username-password": redis_errors.AuthenticationError,
    "without any password configured": redis_errors.AuthenticationError,
    "The user executing the script can't": redis_errors.NoPermissionError,
}
_STATES = {
    redis_errors.ReadOnlyError: "accepts no writes: it is not the master any more",
    redis_errors.BusyLoadingError: "is still loading its data",
    redis_errors.MasterDownError: "is a replica without its master",
}
REFUSALS = ("MISCONF", "NOREPLICAS")
"""Errors of a Redis that cannot save its data to disk, or lacks replicas: it answers, and takes no writes."""


class WrongType(FacilityUnavailable):
    """A foreign value is under one of the backend's keys. Each facility decides whether to delete it or to rebuild it."""


def reply_error(text: str) -> redis_errors.RedisError:
    """Return the exception for an error reply, by its first word; in a script's error the word comes later.

    An unknown command that Redis repeats is left out: of AUTH it is the password.
    """
    text = text.partition(", with args beginning with")[0]
    code, _, _ = text.partition(" ")
    kind = _CLASSES.get(code)
    if kind is None:
        kind = next((kind for words, kind in _WITHIN_SCRIPTS.items() if words in text), redis_errors.ResponseError)
    return kind(text)


def translated(error: Exception, *, address: str, command: str, keys: tuple[str, ...] = ()) -> FacilityUnavailable:
    """Return the facility's exception for `error`, to be raised `from` it.

    Logs errors that an operator must correct: one line per cause and minute.
    """
    text = str(error)
    if state := _STATES.get(type(error)):
        return FacilityUnavailable(f"Redis at {address} {state}")
    match error:
        case redis_errors.OutOfMemoryError():
            return FacilityFull(f"Redis at {address} is full: it has reached its maxmemory; raise maxmemory")
        case redis_errors.AuthenticationError() | redis_errors.NoPermissionError():
            if times := LOG_LIMIT.due("redis.access_denied", command):
                log.error("redis.access_denied", address=address, command=command, error=text, setting="ECHOES_REDIS_URL", times=times)
            return FacilityUnavailable(f"Redis at {address} denies access ({text}): check user and password in ECHOES_REDIS_URL")
        case redis_errors.ResponseError():
            return _refused(text, address=address, command=command, keys=keys)
        case _:
            return FacilityUnavailable(f"Redis at {address} cannot be reached: {reason(error)}")


def _refused(text: str, *, address: str, command: str, keys: tuple[str, ...]) -> FacilityUnavailable:
    if any(f"{one} " in text for one in REFUSALS):
        return FacilityUnavailable(f"Redis at {address} answers, but accepts no writes: {text}")
    times = LOG_LIMIT.due("redis.command_refused", command, text.partition(" ")[0])
    if "WRONGTYPE" in text:
        if times:
            log.error("redis.key_foreign", address=address, command=command, keys=list(keys), error=text, times=times)
        return WrongType(f"Redis holds values of another type under keys that {command} needs: {', '.join(keys)}")
    if times:
        log.error("redis.command_refused", address=address, command=command, keys=list(keys), error=text, times=times)
    return FacilityUnavailable(f"Redis at {address} refused {command}: {text}")


def unusable(error: Exception, *, address: str) -> ConfigurationError:
    """Return why the server does not start, for an operator; to be raised `from` the error."""
    rescue = "to play without Redis, set ECHOES_BACKEND=memory"
    if isinstance(error, ConfigurationError):
        return ConfigurationError(f"{error}; {rescue}")
    text = " ".join(str(error).split()) if isinstance(error, redis_errors.RedisError) and str(error) else reason(error)
    return ConfigurationError(f"Redis at {address} cannot be used: {text.rstrip('.')}; {_advice(error, text)}; {rescue}")


def _advice(error: Exception, text: str) -> str:  # noqa: PLR0911 - a table
    """Return what an operator can do about it."""
    match error:
        case redis_errors.NoPermissionError():
            return "docs/redis.md has the ACL command for the user in ECHOES_REDIS_URL"
        case redis_errors.AuthenticationError():
            return "check user and password in ECHOES_REDIS_URL (or REDIS_PASSWORD)"
        case redis_errors.BusyLoadingError():
            return "Redis is loading its data: wait, or raise ECHOES_REDIS_BOOT_TIMEOUT"
        case redis_errors.ReadOnlyError() | redis_errors.MasterDownError():
            return "ECHOES_REDIS_URL must name the master (or the Sentinels: redis+sentinel://…)"
        case redis_errors.OutOfMemoryError():
            return "raise its maxmemory"
        case ssl.SSLCertVerificationError():
            return _certificate_advice(error)
        case ssl.SSLError():
            return "if Redis has no TLS, begin ECHOES_REDIS_URL with redis://; if Redis asks for a certificate, set ECHOES_REDIS_CERT_FILE and ECHOES_REDIS_KEY_FILE"
        case redis_errors.InvalidResponse():
            return "check host and port in ECHOES_REDIS_URL (or REDIS_HOST, REDIS_PORT); for a Redis with TLS the URL begins with rediss://"
        case _:
            found = next((advice for words, advice in _ADVICE.items() if words in text), "")
            return found or "check host and port in ECHOES_REDIS_URL (or REDIS_HOST, REDIS_PORT), that Redis runs, and the network between"


def _certificate_advice(error: ssl.SSLCertVerificationError) -> str:
    message = error.verify_message.lower()
    if "expired" in message or "not yet valid" in message:
        return "renew Redis' certificate, and check this machine's clock"
    if "mismatch" in message or "not valid for" in message:
        return "write a host name into ECHOES_REDIS_URL that is in the certificate, or set ECHOES_REDIS_CHECK_HOSTNAME=false"
    return "set ECHOES_REDIS_CA_FILE to the certificate of its authority"


CUT_OFF = "check that Redis does not refuse this host; for a Redis with TLS begin ECHOES_REDIS_URL with rediss://"
_ADVICE = {
    "max number of clients": "raise its maxclients",
    "protected mode": "give Redis a password (requirepass, or a user), or bind it to an address of a private network",
    "unknown command": "Redis has the command renamed or disabled; enable it (rename-command in redis.conf)",
    "DB index is out of range": "choose another database in ECHOES_REDIS_URL, or raise its number (databases)",
    "SELECT is not allowed": "Redis Cluster is not supported; ECHOES_REDIS_URL must name a Redis with cluster-enabled no",
    "MISCONF": "find out why Redis cannot save to its disk; it refuses writes until then",
    "no TLS handshake": "if Redis has no TLS, begin ECHOES_REDIS_URL with redis://",
    "closed by Redis": CUT_OFF,
    "reset by peer": CUT_OFF,
}
"""Advice, by words of the error."""
