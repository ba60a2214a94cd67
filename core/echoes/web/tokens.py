"""Tokens: signed statements of who somebody is (JWT, HS256). One kind opens an account, one plays a character."""

import secrets
import time
from typing import Literal

import jwt
from msgspec import Struct

from echoes.errors import Refused

Kind = Literal["account", "play"]
ALGORITHM = "HS256"


class Claims(Struct, frozen=True):
    """What a valid token says: whose it is, and until when (Unix seconds)."""

    subject: int
    expires: float


class TokenExpired(Refused):
    """It was valid once."""

    def __init__(self) -> None:
        super().__init__("token_expired", "Your sign-in has expired.", "Log in again.")


class TokenRefused(Refused):
    """It is not ours, not of this kind, or no token at all."""

    def __init__(self) -> None:
        super().__init__("not_authorized", "That sign-in is not valid.", "Log in again.")


class Tokens:
    """Signs and reads tokens with the server's secret."""

    def __init__(self, secret: str, hours: float) -> None:
        self._secret = secret
        self.seconds = hours * 3600

    def sign(self, kind: Kind, subject: int) -> str:
        """A token of this kind for an account's or a character's id."""
        now = time.time()
        claims = {"sub": str(subject), "aud": kind, "iat": int(now), "exp": int(now + self.seconds), "jti": secrets.token_hex(8)}
        return jwt.encode(claims, self._secret, ALGORITHM)

    def read(self, kind: Kind, token: str) -> Claims:
        """What the token says; raises `TokenExpired` or `TokenRefused`."""
        try:
            claims = jwt.decode(token, self._secret, [ALGORITHM], audience=kind, options={"require": ["sub", "aud", "exp"]})
            return Claims(int(claims["sub"]), float(claims["exp"]))
        except jwt.ExpiredSignatureError as error:
            raise TokenExpired from error
        except (jwt.InvalidTokenError, ValueError) as error:
            raise TokenRefused from error
