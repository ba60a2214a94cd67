"""The second factor of operators: codes of six digits from an app (TOTP, RFC 6238), a new one every 30 seconds."""

import hmac

import pyotp

ISSUER = "Echoes of the Ashes"
SECONDS = 30
AROUND = 1
"""Steps before and after the present one whose codes are accepted, for a phone whose clock is wrong."""


def new_secret() -> str:
    """A random secret of 160 bits, in base32."""
    return pyotp.random_base32()


def address_of(secret: str, username: str) -> str:
    """The `otpauth` address that an app reads, mostly as a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def step_of(secret: str, code: str, now: float) -> int | None:
    """The time step to which a code belongs at `now` (Unix seconds); None when it is wrong, too old or too new."""
    totp = pyotp.TOTP(secret)
    present = int(now // SECONDS)
    found = None
    for step in range(present - AROUND, present + AROUND + 1):
        if hmac.compare_digest(totp.generate_otp(step), code):
            found = step
    return found
