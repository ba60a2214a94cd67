"""Accounts and characters over HTTP."""

from typing import Annotated, Any

import structlog
from litestar import Controller, Request, get, post
from msgspec import Meta, Struct

from echoes.clock import leeway_of
from echoes.context import Context
from echoes.errors import Refused
from echoes.metrics import counting
from echoes.storage import accounts, revocations
from echoes.storage.bans import Banned
from echoes.storage.commits import Placed, new_item_id
from echoes.web.login_throttle import made
from echoes.web.problems import BEARER, refusals
from echoes.web.tokens import Claims, TokenExpired, TokenRefused
from echoes.world import names

log = structlog.get_logger()
Username = Annotated[str, Meta(min_length=2, max_length=32)]
Password = Annotated[str, Meta(min_length=8, max_length=1000)]


class Credentials(Struct, forbid_unknown_fields=True):
    """Username and password of an account."""

    username: Username
    password: Password


class NewCharacter(Struct, forbid_unknown_fields=True):
    """The name for a new character."""

    name: Annotated[str, Meta(max_length=100)]


class NewPassword(Struct, forbid_unknown_fields=True):
    """The password that is in force, and the one that shall be."""

    password: Password
    new_password: Password


class AccessToken(Struct):
    """Send it as `Authorization: Bearer …` (or in hello)."""

    access_token: str
    expires_in: int
    """Seconds."""
    token_type: str = "bearer"  # noqa: S105 - the word of RFC 6750


class CharacterView(Struct):
    """A character of the account."""

    id: int
    name: str
    level: int
    location_id: str
    location_name: str


def bearer(request: "Request[Any, Any, Any]") -> str:
    """The token of a request."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.casefold() != "bearer" or not token:
        raise TokenRefused
    return token.strip()


async def signed_in(context: Context, request: "Request[Any, Any, Any]") -> Claims:
    """Return the claims of the request's account token. Requests are limited to the rate of a player's commands."""
    claims = context.tokens.read("account", bearer(request))
    if not context.token_buckets.spend(-claims.subject):
        raise Refused("flood", "You are going too fast.", "Wait a second; this request was not carried out.", retry_after=1.0)
    context.address_bans.require(context.addresses.of(request.scope))
    await context.reception.token_subjects.require_account(claims)
    return claims


class AuthController(Controller):
    """Registering, logging in, and out everywhere."""

    path = "/api/auth"
    tags = ("accounts",)

    @post("/register", status_code=201, responses=refusals(400, 403, 409, 413, 422, 429, 503))
    async def register(self, context: Context, request: "Request[Any, Any, Any]", data: Credentials) -> AccessToken:
        """Make an account."""
        username = data.username.strip()
        if (bad := names.bad_character(username)) is not None or len(username) < 2:
            raise Refused(
                "bad_username",
                f"A username cannot contain {bad}." if bad else "A username has at least 2 characters.",
                "Use letters and digits.",
            )
        address = context.addresses.of(request.scope)
        context.address_bans.require(address)
        attempt = context.login_throttle.register(address)
        async with context.passwords.turn(address):
            await attempt.count()
            async with made(context.login_throttle.make("accounts", address)):
                hashed = await context.passwords.hash(data.password)
                account = await accounts.create_account(context.database, username, names.fold(username), hashed)
        return _token(context, account.id, account.mark)

    @post("/login", status_code=200, responses=refusals(400, 401, 403, 413, 429, 503))
    async def login(self, context: Context, request: "Request[Any, Any, Any]", data: Credentials) -> AccessToken:
        """Sign in. After some wrong passwords for one account the same address waits, each time longer: `Retry-After` says how long."""
        username = data.username.strip()
        key = "" if names.bad_character(username) else names.fold(username)
        address = context.addresses.of(request.scope)
        context.address_bans.require(address)
        attempt = context.login_throttle.sign_in(address, key)
        async with context.passwords.turn(address):
            await attempt.count()
            account = await accounts.find_account(context.database, key) if key else None
            if not await context.passwords.verify(account.password_hash if account else None, data.password) or account is None:
                counting.sign_in("wrong")
                raise Refused("wrong_password", "That username and password do not belong together.", "Check both, or register.")
            await attempt.succeeded()
            if account.banned_until > context.database.now():
                raise Banned(account.banned_until, account.ban_notice)
            if context.passwords.is_outdated(account.password_hash):
                await accounts.renew_hash(context.database, account.id, account.password_hash, await context.passwords.hash(data.password))
        return _token(context, account.id, account.mark, account.generation)

    @post("/refresh", status_code=200, responses=refusals(401, 403, 429, 503), security=BEARER)
    async def refresh(self, context: Context, request: "Request[Any, Any, Any]") -> AccessToken:
        """A fresh token for one that is still good, without the password, for some weeks after the password was given."""
        claims = await signed_in(context, request)
        life = context.settings.sign_in_days * 86_400
        if not context.tokens.is_before(claims.since + life + leeway_of(life)):
            raise TokenExpired
        return _token(context, claims.subject, claims.mark, claims.generation, claims.since)

    @post("/logout_everywhere", status_code=204, responses=refusals(401, 403, 409, 429, 503), security=BEARER)
    async def logout_everywhere(self, context: Context, request: "Request[Any, Any, Any]") -> None:
        """End every sign-in of the account: no token of it is good any more, and who plays is sent away within seconds (4504)."""
        claims = await signed_in(context, request)
        context.revocations.learn(claims.subject, await revocations.revoke(context.database, claims.subject))
        log.info("account.signed_out", account_id=claims.subject)

    @post("/password", status_code=200, responses=refusals(400, 401, 403, 409, 413, 429, 503), security=BEARER)
    async def password(self, context: Context, request: "Request[Any, Any, Any]", data: NewPassword) -> AccessToken:
        """Change the password. All other sign-ins end, as by logging out everywhere; this one continues with the new token."""
        claims = await signed_in(context, request)
        account = await accounts.read_account(context.database, claims.subject)
        address = context.addresses.of(request.scope)
        attempt = context.login_throttle.sign_in(address, account.key)
        async with context.passwords.turn(address):
            await attempt.count()
            if not await context.passwords.verify(account.password_hash, data.password):
                counting.sign_in("wrong")
                raise Refused("wrong_password", "That is not your password.", "Check it.")
            await attempt.succeeded()
            hashed = await context.passwords.hash(data.new_password)
        generation = await revocations.revoke(context.database, account.id, password=(account.password_hash, hashed))
        context.revocations.learn(account.id, generation)
        log.info("account.password_changed", account_id=account.id)
        return _token(context, account.id, account.mark, generation)


class CharacterController(Controller):
    """The characters of an account; needs the account's token."""

    path = "/api/characters"
    tags = ("characters",)

    @get("/", responses=refusals(401, 403, 429, 503), security=BEARER)
    async def mine(self, context: Context, request: "Request[Any, Any, Any]") -> list[CharacterView]:
        """All characters of the account."""
        account_id = (await signed_in(context, request)).subject
        return [_view(context, one) for one in await accounts.characters_of(context.database, account_id)]

    @post("/", status_code=201, responses=refusals(400, 401, 403, 409, 413, 422, 429, 503), security=BEARER)
    async def create(self, context: Context, request: "Request[Any, Any, Any]", data: NewCharacter) -> CharacterView:
        """Make a character."""
        account_id = (await signed_in(context, request)).subject
        name = data.name.strip()
        context.naming.require(name, context.world)
        await context.world_lock.required()
        async with made(context.login_throttle.make("characters", context.addresses.of(request.scope))):
            character = await accounts.create_character(
                context.database,
                account_id,
                name,
                names.skeleton(name),
                context.world.start,
                _kit(context),
                quests=[id_ for id_, quest in context.world.quests.items() if quest.at_start],
            )
        return _view(context, character)

    @post("/{character_id:int}/token", status_code=201, responses=refusals(401, 403, 404, 429, 503), security=BEARER)
    async def token(self, context: Context, request: "Request[Any, Any, Any]", character_id: int) -> AccessToken:
        """A token for playing a character."""
        claims = await signed_in(context, request)
        if not 0 < character_id < 2**63 or not await accounts.owns(context.database, claims.subject, character_id):
            raise Refused("not_yours", "That character is not yours.", "Choose one from your list.")
        # It is of the same sign-in, and ends with it.
        token = context.tokens.sign(
            "play", character_id, account=claims.subject, generation=claims.generation, since=claims.since, mark=claims.mark
        )
        return AccessToken(token, int(context.tokens.seconds))


def _token(context: Context, account_id: int, mark: str, generation: int = 0, since: float = 0.0) -> AccessToken:
    token = context.tokens.sign("account", account_id, account=account_id, generation=generation, since=since, mark=mark)
    return AccessToken(token, int(context.tokens.seconds))


def _view(context: Context, one: accounts.CharacterSummary) -> CharacterView:
    location = context.world.locations.get(one.location_id)
    return CharacterView(one.id, one.name, one.level, one.location_id, location.name if location else one.location_id)


def _kit(context: Context) -> list[Placed]:
    kit = []
    for placement in context.world.start.kit:
        template = context.world.items[placement.item]
        stacks = [placement.quantity] if template.stackable else [1] * placement.quantity
        kit += [Placed(new_item_id(), placement.item, stack, template.durability, context.settings.personal_kit) for stack in stacks]
    return kit
