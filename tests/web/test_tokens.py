"""Tokens: whose they are, for how long, and signed with which secret."""

import jwt
import pytest
from echoes.web.tokens import TokenRefused, Tokens

NEW, OLD, OTHER = ("a new secret " * 4, "an old secret " * 4, "another secret " * 4)


def test_a_token_of_the_previous_secret_is_good_and_renewed_with_the_current_one():
    """Its client continues; the token that replaces it outlives the previous secret."""
    old = Tokens(OLD, 12).sign("account", 7, account=7, generation=3, since=1_700_000_000)
    changing = Tokens(NEW, 12, previous=OLD)
    claims = changing.read("account", old)
    assert (claims.subject, claims.generation, claims.since) == (7, 3, 1_700_000_000)
    renewed = changing.sign("account", claims.subject, account=claims.account, generation=claims.generation, since=claims.since)
    assert Tokens(NEW, 12).read("account", renewed).subject == 7
    with pytest.raises(TokenRefused):
        Tokens(NEW, 12).read("account", old)


@pytest.mark.parametrize("secret", [OTHER, ""])
def test_no_third_secret_opens_anything(secret):
    """An empty previous secret is none."""
    forged = jwt.encode({"sub": "7", "aud": "play", "exp": 2**40}, secret, "HS256") if secret else "a.b.c"
    for tokens in (Tokens(NEW, 12, previous=OLD), Tokens(NEW, 12)):
        with pytest.raises(TokenRefused):
            tokens.read("play", forged)


def test_a_token_of_another_kind_is_refused_for_every_secret():
    with pytest.raises(TokenRefused):
        Tokens(NEW, 12, previous=OLD).read("play", Tokens(OLD, 12).sign("account", 7))
