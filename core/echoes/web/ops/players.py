"""Requests about players: look for them, look at one, kick, ban, mute, note."""

from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.params import QueryParameter
from msgspec import Meta, Struct

from echoes.context import Context
from echoes.ops import looking, moderating, privacy, sampling
from echoes.ops.accounts import AccountState, show_account
from echoes.ops.looking import FoundView, PlayerState
from echoes.ops.story import StoryLine, of_character
from echoes.storage.bans import Speech
from echoes.storage.samplings import Sample
from echoes.web.ops.access import AskedReason, Reasoned, operator_of
from echoes.web.problems import BEARER, refusals

Word = Annotated[str, QueryParameter(max_length=100)]
Notice = Annotated[str, Meta(max_length=500, description="Words for the player. Without them the player reads the reason.")]
Minutes = Annotated[float, Meta(gt=0, le=5_256_000, description="For how long; null: for good.")]
Hours = Annotated[float, QueryParameter(gt=0, le=2160)]
Id = int
LOOKED = refusals(400, 401, 403, 404, 422, 429, 503)
DONE = refusals(400, 401, 403, 404, 409, 413, 422, 429, 503)


class Kick(Reasoned, kw_only=True):
    """Words for the player, besides the reason."""

    notice: Annotated[str, Meta(max_length=500, description="Words for the player.")] = ""


class Sanction(Reasoned, kw_only=True):
    """A ban or a mute."""

    notice: Notice = ""
    minutes: Minutes | None = None


class Mute(Sanction, kw_only=True):
    """A mute: of some kinds of speech, or (without any) of all of it. An emote and a gesture count as `say`."""

    speech: Annotated[tuple[Speech, ...], Meta(max_length=3)] = ()


class Note(Reasoned, kw_only=True):
    """A text about an account, for operators."""

    text: Annotated[str, Meta(max_length=2000)]


class Debug(Reasoned, kw_only=True):
    """For how long a character's commands are sampled."""

    minutes: Annotated[float, Meta(gt=0, le=60)] = 10.0


class ShownView(Struct):
    """The words that the player reads of a ban or a mute."""

    shown: str


class PlayersController(Controller):
    """Look for players, and at one of them."""

    path = "/api/ops/players"
    tags = ("operators",)

    @get("/", responses=LOOKED, security=BEARER)
    async def find(
        self, context: Context, request: "Request[Any, Any, Any]", reason: AskedReason = "", name: Word = "", account: Word = "", address: Word = ""
    ) -> list[FoundView]:  # fmt: skip
        """Find players by one of: the beginning of a character's name (or one that looks like it), that of a username, the address of a session."""
        return await looking.find(context, await operator_of(context, request), reason, name=name, account=account, address=address)

    @get("/{character_id:int}", responses=LOOKED, security=BEARER)
    async def show(self, context: Context, request: "Request[Any, Any, Any]", character_id: Id, reason: AskedReason = "") -> PlayerState:
        """One character: its account, session, location, body, bag, effects, quests, the account's other characters, notes, ban and mute."""
        return await looking.show(context, await operator_of(context, request), reason, bounded(character_id))

    @get("/{character_id:int}/story", responses=LOOKED, security=BEARER)
    async def story(
        self, context: Context, request: "Request[Any, Any, Any]", character_id: Id, reason: AskedReason = "", hours: Hours = 24.0
    ) -> list[StoryLine]:
        """The story of one character: sessions, commands, facts, ledger, transfers of its things, operators' actions, oldest first."""
        return await of_character(context, await operator_of(context, request), reason, bounded(character_id), hours)

    @post("/{character_id:int}/debug", status_code=204, responses=DONE, security=BEARER)
    async def debug(self, context: Context, request: "Request[Any, Any, Any]", character_id: Id, data: Debug) -> None:
        """Sample the character's commands with their steps, on every worker within about a second. It ends by itself."""
        await sampling.start(context, await operator_of(context, request), data.reason, bounded(character_id), data.minutes)

    @post("/{character_id:int}/debug/end", status_code=204, responses=DONE, security=BEARER)
    async def end_debug(self, context: Context, request: "Request[Any, Any, Any]", character_id: Id, data: Reasoned) -> None:
        """End the sampling before its time."""
        await sampling.end(context, await operator_of(context, request), data.reason, bounded(character_id))

    @get("/{character_id:int}/samples", responses=LOOKED, security=BEARER)
    async def samples(
        self, context: Context, request: "Request[Any, Any, Any]", character_id: Id, reason: AskedReason = "",
        count: Annotated[int, QueryParameter(ge=1, le=1000)] = 50,
    ) -> list[Sample]:  # fmt: skip
        """The newest sampled commands, oldest first: each with its outcome, its duration and its steps."""
        return await sampling.samples(context, await operator_of(context, request), reason, bounded(character_id), count)


class AccountsController(Controller):
    """Act on an account, with all its characters."""

    path = "/api/ops/accounts/{account_id:int}"
    tags = ("operators",)

    @get("/", responses=LOOKED, security=BEARER)
    async def show(self, context: Context, request: "Request[Any, Any, Any]", account_id: Id, reason: AskedReason = "") -> AccountState:
        """One account, with or without characters: sanctions, notes, ended sign-ins, and the newest 50 actions of operators on it."""
        return await show_account(context, await operator_of(context, request), reason, bounded(account_id))

    @post("/kick", status_code=204, responses=DONE, security=BEARER)
    async def kick(self, context: Context, request: "Request[Any, Any, Any]", account_id: Id, data: Kick) -> None:
        """End the account's connections (4506) on every worker, within a second. The player may come back."""
        await moderating.kick(context, await operator_of(context, request), data.reason, bounded(account_id), notice=data.notice)

    @post("/ban", status_code=200, responses=DONE, security=BEARER)
    async def ban(self, context: Context, request: "Request[Any, Any, Any]", account_id: Id, data: Sanction) -> ShownView:
        """Ban the account: its sign-ins end, and its connections (4505) on every worker within a second. 409 while it is banned."""
        operator = await operator_of(context, request)
        banned = await moderating.ban(context, operator, data.reason, bounded(account_id), notice=data.notice, minutes=data.minutes)
        return ShownView(banned.in_one_line)

    @post("/unban", status_code=204, responses=DONE, security=BEARER)
    async def unban(self, context: Context, request: "Request[Any, Any, Any]", account_id: Id, data: Reasoned) -> None:
        """End a ban: the player may sign in again."""
        await moderating.unban(context, await operator_of(context, request), data.reason, bounded(account_id))

    @post("/mute", status_code=200, responses=DONE, security=BEARER)
    async def mute(self, context: Context, request: "Request[Any, Any, Any]", account_id: Id, data: Mute) -> ShownView:
        """Mute the account's characters: what they say, act out, whisper and shout is refused, or some of it. 409 while it is muted."""
        operator = await operator_of(context, request)
        muted = await moderating.mute(
            context, operator, data.reason, bounded(account_id), notice=data.notice, minutes=data.minutes, speech=data.speech
        )
        return ShownView(f"{muted.message} {muted.hint}")

    @post("/unmute", status_code=204, responses=DONE, security=BEARER)
    async def unmute(self, context: Context, request: "Request[Any, Any, Any]", account_id: Id, data: Reasoned) -> None:
        """End a mute."""
        await moderating.unmute(context, await operator_of(context, request), data.reason, bounded(account_id))

    @post("/notes", status_code=204, responses=DONE, security=BEARER)
    async def note(self, context: Context, request: "Request[Any, Any, Any]", account_id: Id, data: Note) -> None:
        """Keep a text about the account, for operators."""
        await moderating.note(context, await operator_of(context, request), data.reason, bounded(account_id), data.text)

    @get("/export", responses=LOOKED, security=BEARER)
    async def export(self, context: Context, request: "Request[Any, Any, Any]", account_id: Id, reason: AskedReason = "") -> dict[str, Any]:
        """Everything that the database holds about the account, for its player."""
        return await privacy.export(context, await operator_of(context, request), reason, bounded(account_id))

    @post("/erase", status_code=204, responses=DONE, security=BEARER)
    async def erase(self, context: Context, request: "Request[Any, Any, Any]", account_id: Id, data: Reasoned) -> None:
        """Erase the account with its characters: names and texts go, sums stay, sign-ins end. It cannot be undone."""
        await privacy.erase(context, await operator_of(context, request), data.reason, bounded(account_id))


def bounded(id_: int) -> int:
    """An id as PostgreSQL can have it; one that it cannot have is one that does not exist."""
    return id_ if 0 < id_ < 2**63 else -1
