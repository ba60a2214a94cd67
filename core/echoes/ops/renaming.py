"""Give a character another name, by the rules for new characters."""

import secrets

import structlog

from echoes import channels
from echoes.context import Context
from echoes.errors import FacilityError
from echoes.game import views
from echoes.ops.acting import Operator, acting
from echoes.ops.moderating import let_know, meant
from echoes.storage import moderation
from echoes.storage.moderation import Changed
from echoes.wire import Happening, PlayerView
from echoes.world import names

log = structlog.get_logger()


async def rename(context: Context, operator: Operator, reason: str, character_id: int, name: str) -> str:
    """Rename a character. Refuses a name that is malformed, reserved, taken, or looks like another character's. Returns the former name."""
    name = name.strip()
    async with acting(context.database, operator, "rename", reason, character_id=character_id, to=name) as act:
        await meant(context, operator, character_id=character_id)
        context.naming.require(name, context.world)
        await context.service.may_write()
        done = await moderation.rename(context.database, character_id, name, names.skeleton(name), act)
    await let_know(context, [Changed(character_id, done.version)])
    await _show(context, done, name)
    log.info("character.renamed", character_id=character_id, operator=operator.name)
    return done.former


async def _show(context: Context, done: moderation.Renamed, name: str) -> None:
    """Bring the body's name up to date, and let the player and those around read of it."""
    sessions, ttl = context.facilities.sessions, context.settings.session_ttl
    try:
        session = await sessions.read(done.id)
        if session is not None:
            await context.facilities.registry.place(done.id, done.location_id, version=done.version, epoch=session.epoch, name=name)
            await sessions.write(done.id, session.epoch, {"name": name, "version": done.version}, ttl)
    except FacilityError as error:
        log.debug("registry.rename_postponed", character_id=done.id, error=str(error))  # the next session has the name
    me = await context.service.row(done.id)
    you = views.you(me, context.database.now(), context.world)
    seen = Happening("player_renamed", f"{done.former} is called {name} now.", player=PlayerView(done.id, name), version=done.version)
    own = Happening("notified", f"Those who run this server call you {name} from now on.", version=done.version, you=you)
    for message in (
        channels.to_location(done.location_id, "location_update", seen, exclude=done.id),
        channels.to_player(done.id, "state_update", own),
    ):
        await context.outbox.publish_message(message, f"renamed:{secrets.token_hex(8)}")
