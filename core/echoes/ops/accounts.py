"""Look at an account, with or without characters."""

from collections.abc import Sequence

from msgspec import Struct

from echoes.context import Context
from echoes.ops.acting import Operator, acting
from echoes.ops.looking import SanctionView, ban_of, mute_of
from echoes.storage import accounts, audit, players
from echoes.storage.accounts import CharacterSummary
from echoes.storage.players import ActionRow, EndedRow, NoSuchAccount, NoteRow
from echoes.storage.roles import Role


class AccountState(Struct):
    """Everything about an account that operators need: its characters, sanctions and notes, and what was done to it.

    `created` is in Unix seconds. `ended`: when its sign-ins or connections were ended. `actions`: of operators, looks included.
    """

    account_id: int
    username: str
    created: float
    characters: list[CharacterSummary]
    notes: Sequence[NoteRow]
    ended: Sequence[EndedRow]
    actions: Sequence[ActionRow]
    role: Role | None = None
    ban: SanctionView | None = None
    mute: SanctionView | None = None


async def show_account(context: Context, operator: Operator, reason: str, account_id: int) -> AccountState:
    """Show one account. Raises `NoSuchAccount`."""
    database = context.database
    async with acting(database, operator, "show_account", reason, least="viewer", account_id=account_id) as act:
        account = await players.account_of(database, account_id)
        if account is None:
            raise NoSuchAccount
        await audit.enter_alone(database, act)
    now = database.now()
    return AccountState(
        account.id, account.username, account.created, await accounts.characters_of(database, account_id),
        await players.notes_of(database, account_id), await players.ended_of(database, account_id),
        await players.actions_on(database, account_id), account.role, ban_of(account, now), mute_of(account, now),
    )  # fmt: skip
