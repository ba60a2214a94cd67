"""Whether an account or a character that a valid token names is still the one that the token was given to."""

from collections import OrderedDict

from echoes.storage import accounts
from echoes.storage.database import Database
from echoes.storage.database_identity import DatabaseIdentity
from echoes.storage.revocations import Revocations
from echoes.web.tokens import Claims, TokenRefused

KNOWN = 10_000
"""Players that a worker does not ask PostgreSQL for again; the longest unused go first."""


class TokenSubjects:
    """Compares a token with the account's row. An account may be removed, and after a restore another one may have its id."""

    def __init__(self, database: Database, revocations: Revocations) -> None:
        self._database = database
        self._revocations = revocations
        self._known: OrderedDict[tuple[DatabaseIdentity, Claims], None] = OrderedDict()

    async def require_account(self, claims: Claims) -> None:
        """Raises `NoAccount` when the account is gone."""
        if not await accounts.is_known(self._database, claims.subject, claims.mark):
            raise accounts.NoAccount

    async def require_player(self, claims: Claims, *, ask: bool = False) -> None:
        """Raises `TokenRefused` when the character is another account's. Who was found before is asked for again only if `ask`."""
        key = self._revocations.identity, claims
        if key in self._known and not ask:
            self._known.move_to_end(key)
            return
        # A release that knew no accounts in tokens made those without one.
        if not claims.account:
            return
        plays = await accounts.plays(self._database, claims.account, claims.mark, claims.subject)
        if not plays:
            self._known.pop(key, None)
            if plays is None:
                return  # what is asked of a character that is gone is refused where it is looked for
            raise TokenRefused
        self._known[key] = None
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)
