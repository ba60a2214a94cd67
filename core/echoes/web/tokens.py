"""Tokens: signed claims of an identity (JWT, HS256). One kind opens an account, one plays a character, one is an operator's."""

import secrets
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal

import jwt
from msgspec import Struct

from echoes.clock import Clock, SystemClock, leeway_of
from echoes.errors import Refused
from echoes.storage.database_identity import DatabaseIdentity
from echoes.storage.revocations import End, Revocations

Kind = Literal["account", "play", "operator"]
ALGORITHM = "HS256"
OPTIONS: Any = {"require": ["sub", "aud", "exp"], "verify_exp": False, "verify_iat": False, "verify_nbf": False}
"""The end is looked at here, with `leeway_of`. When a token was made says nothing about whether it is good: another host's clock may be ahead."""
LONGEST = 4096
"""Characters; the server's tokens have about 300."""


class Claims(Struct, frozen=True):
    """The claims of a valid token. Times are Unix seconds."""

    subject: int
    """An account's or a character's id."""
    expires: float
    """Until when it is accepted, by this host's clock."""
    account: int = 0
    """Id of the account whose sign-in the token belongs to; 0 in a token that names no account."""
    generation: int = 0
    """Which of the account's: ending them everywhere begins the next one."""
    since: float = 0.0
    """When the password was given."""
    mark: str = ""
    """The account's own random part: another account under the same id has another one. Empty: a release without it made the token."""
    session: int = 0
    """Id of an operator's sign-in (`echoes.storage.operators`); 0 in tokens of players."""

    @property
    def payer(self) -> int:
        """Key of the token bucket that pays: the account's id (negative), or the character's id where the token names no account."""
        return -self.account or self.subject


class TokenExpired(Refused):
    """It was valid once."""

    def __init__(self, message: str = "Your sign-in has expired.") -> None:
        super().__init__("token_expired", message, "Log in again.")


class TokenRefused(Refused):
    """It is not signed by this server, not of this kind, or no token at all."""

    def __init__(self) -> None:
        super().__init__("not_authorized", "That sign-in is not valid.", "Log in again.")


class Tokens:
    """Signs and reads tokens with the server's secret, without I/O: ended sign-ins are known (`echoes.storage.revocations`).

    While the secret is being changed, tokens signed with the `previous` one are accepted too. No new token is signed with it: a refresh renews them.
    """

    def __init__(
        self, secret: str, hours: float, revocations: Revocations | None = None, *, previous: str = "", clock: Clock | None = None
    ) -> None:
        self._secret = secret
        self._accepted = [secret, previous] if previous else [secret]
        self._clock = clock or SystemClock()
        self.seconds = hours * 3600
        self._revocations = revocations

    def sign(
        self, kind: Kind, subject: int, *, account: int = 0, generation: int = 0, since: float = 0.0, mark: str = "", session: int = 0,
        hours: float | None = None,
    ) -> str:  # fmt: skip
        """A token of this kind for an account's or a character's id. It expires after `hours`, by default those of a player's token."""
        now = self._clock.time()
        identity = self._identity()
        claims = {
            "sub": str(subject), "aud": kind, "iat": int(now), "exp": int(now + (self.seconds if hours is None else hours * 3600)), "jti": secrets.token_hex(8),
            "acc": account, "gen": generation, "auth_time": int(since or now),
            "mark": mark, "db": identity.identity, "life": identity.life, **({"ses": session} if session else {}),
        }  # fmt: skip
        return jwt.encode(claims, self._secret, ALGORITHM)

    def read(self, kind: Kind, token: str) -> Claims:
        """Return the token's claims; raise `TokenExpired`, also when its sign-in was ended, `Banned` when a ban has ended it, or `TokenRefused`."""
        if len(token) > LONGEST:
            raise TokenRefused
        try:
            claims = self._decode(kind, token)
            found = Claims(
                int(claims["sub"]),
                float(claims["exp"]) + leeway_of(self.seconds),
                int(claims.get("acc", 0)),
                int(claims.get("gen", 0)),
                float(claims.get("auth_time", 0)),
                str(claims.get("mark", "")),
                int(claims.get("ses", 0)),
            )
            identity = DatabaseIdentity(str(claims.get("db", "")), int(claims.get("life", 0)))
        except (jwt.InvalidTokenError, ValueError, TypeError) as error:
            raise TokenRefused from error
        if not self.is_before(found.expires):
            raise TokenExpired
        here = self._identity()
        if identity.life != here.life or (identity.identity and identity.identity != here.identity):
            raise TokenExpired("The city was restored from a backup.")
        if self._revocations is not None and self._revocations.is_revoked(found.account, found.generation):
            if (banned := self._revocations.ban_of(found.account)) is not None:
                raise banned
            raise TokenExpired("You have signed out everywhere.")
        return found

    def is_before(self, moment: float) -> bool:
        """Whether it is earlier than this, by this host's clock."""
        return self._clock.time() < moment

    def seconds_until(self, moment: float) -> float:
        """How long it is until then, by this host's clock; 0 when it is past."""
        return max(0.0, moment - self._clock.time())

    def _identity(self) -> DatabaseIdentity:
        return DatabaseIdentity() if self._revocations is None else self._revocations.identity

    def _decode(self, kind: Kind, token: str) -> dict[str, Any]:
        for secret in self._accepted:
            try:
                return jwt.decode(token, secret, [ALGORITHM], audience=kind, options=OPTIONS)
            except jwt.InvalidSignatureError:
                continue
        raise TokenRefused

    def watched(self, claims: Claims, end: End) -> AbstractContextManager[None]:
        """Call `end` when the sign-in of these claims is ended meanwhile, or its connections are."""
        return nullcontext() if self._revocations is None else self._revocations.watched(claims.account, claims.generation, end)
