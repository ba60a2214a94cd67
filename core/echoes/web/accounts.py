"""Accounts and characters over HTTP."""

from typing import Annotated, Any

from litestar import Controller, Request, get, post
from msgspec import Meta, Struct

from echoes.errors import Refused
from echoes.storage import accounts
from echoes.storage.commits import Placed, new_item_id
from echoes.web.city import City
from echoes.web.tokens import TokenRefused
from echoes.world import names

Username = Annotated[str, Meta(min_length=2, max_length=32)]
Password = Annotated[str, Meta(min_length=8, max_length=1000)]


class Credentials(Struct, forbid_unknown_fields=True):
    """Who signs in."""

    username: Username
    password: Password


class NewCharacter(Struct, forbid_unknown_fields=True):
    """What a new character is called."""

    name: Annotated[str, Meta(max_length=100)]


class AccessToken(Struct):
    """Send it as `Authorization: Bearer …` (or in hello)."""

    access_token: str
    expires_in: int
    """Seconds."""
    token_type: str = "bearer"  # noqa: S105 - the word of RFC 6750


class CharacterView(Struct):
    """One of one's characters."""

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


class AuthController(Controller):
    """Registering and logging in."""

    path = "/api/auth"
    tags = ("accounts",)

    @post("/register", status_code=201)
    async def register(self, city: City, data: Credentials) -> AccessToken:
        """Make an account."""
        username = data.username.strip()
        if (bad := names.bad_character(username)) is not None or len(username) < 2:
            raise Refused(
                "bad_username",
                f"A username cannot contain {bad}." if bad else "A username has at least 2 characters.",
                "Use letters and digits.",
            )
        hashed = await city.passwords.hash(data.password)
        account = await accounts.create_account(city.database, username, names.fold(username), hashed)
        return _token(city, account.id)

    @post("/login", status_code=200)
    async def login(self, city: City, data: Credentials) -> AccessToken:
        """Sign in."""
        username = data.username.strip()
        account = None if names.bad_character(username) else await accounts.find_account(city.database, names.fold(username))
        if not await city.passwords.verify(account.password_hash if account else None, data.password) or account is None:
            raise Refused("wrong_password", "That username and password do not belong together.", "Check both, or register.")
        return _token(city, account.id)


class CharacterController(Controller):
    """One's characters; with an account's token."""

    path = "/api/characters"
    tags = ("characters",)

    @get("/")
    async def mine(self, city: City, request: "Request[Any, Any, Any]") -> list[CharacterView]:
        """All of one's characters."""
        account_id = city.tokens.read("account", bearer(request)).subject
        return [_view(city, one) for one in await accounts.characters_of(city.database, account_id)]

    @post("/", status_code=201)
    async def create(self, city: City, request: "Request[Any, Any, Any]", data: NewCharacter) -> CharacterView:
        """Make a character."""
        account_id = city.tokens.read("account", bearer(request)).subject
        name = data.name.strip()
        if (problem := names.problem_with(name)) is not None:
            raise Refused("bad_name", problem, "Letters of any one script, 2 to 24 of them.")
        await city.world_lock.required()
        return _view(
            city, await accounts.create_character(city.database, account_id, name, names.skeleton(name), city.world.start, _kit(city))
        )

    @post("/{character_id:int}/token", status_code=201)
    async def token(self, city: City, request: "Request[Any, Any, Any]", character_id: int) -> AccessToken:
        """A token for playing a character."""
        account_id = city.tokens.read("account", bearer(request)).subject
        if not 0 < character_id < 2**63 or not await accounts.owns(city.database, account_id, character_id):
            raise Refused("not_yours", "That character is not yours.", "Choose one from your list.")
        return AccessToken(city.tokens.sign("play", character_id), int(city.tokens.seconds))


def _token(city: City, account_id: int) -> AccessToken:
    return AccessToken(city.tokens.sign("account", account_id), int(city.tokens.seconds))


def _view(city: City, one: accounts.CharacterSummary) -> CharacterView:
    location = city.world.locations.get(one.location_id)
    return CharacterView(one.id, one.name, one.level, one.location_id, location.name if location else one.location_id)


def _kit(city: City) -> list[Placed]:
    kit = []
    for placement in city.world.start.kit:
        template = city.world.items[placement.item]
        stacks = [placement.quantity] if template.stackable else [1] * placement.quantity
        kit += [Placed(new_item_id(), placement.item, stack, template.durability) for stack in stacks]
    return kit
