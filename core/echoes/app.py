"""The composition root: from settings to a running Litestar application."""

import os
import random
import secrets
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from os import PathLike
from pathlib import Path
from typing import Any

import structlog
from litestar import Litestar, Request, WebSocket, get, websocket
from litestar.config.compression import CompressionConfig
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, YamlRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Server
from litestar.static_files import create_static_files_router
from litestar.types import ASGIApp, ControllerRouterHandler

import echoes
from echoes.background import background_tasks
from echoes.caching import Caching
from echoes.clock import Clock
from echoes.context import Context
from echoes.errors import FacilityError, PluginError, Refused, Unavailable
from echoes.game import behaviours, core_timers, effects
from echoes.game.behaviours import behaviours_of
from echoes.game.catalogue import Catalogue
from echoes.game.clockwork import Clockwork, specs_of
from echoes.game.contents import Contents
from echoes.game.http_presence import HttpPresence
from echoes.game.kinds import kinds_of
from echoes.game.naming import Naming
from echoes.game.observers import checked
from echoes.game.outbox import Outbox
from echoes.game.presence import Presence
from echoes.game.reconciler import Reconciler
from echoes.game.scene import Surroundings
from echoes.game.service import CommandService
from echoes.game.snapshots import Snapshots
from echoes.game.spec import CommandSpec
from echoes.game.speech_limits import SpeechLimits
from echoes.game.timers import TimerSpec
from echoes.game.tools import Tools
from echoes.game.who_pages import WhoPages
from echoes.invalidation import Invalidations
from echoes.metrics.facilities import measured
from echoes.ops.alerts import Alerts
from echoes.plugins import Backends
from echoes.resilience import Resilience
from echoes.sampling import Sampling
from echoes.settings import Settings, gamedata_of, secret_of
from echoes.storage import database as postgres
from echoes.storage.address_bans import AddressBans
from echoes.storage.revocations import Revocations
from echoes.storage.world_lock import WorldLock, kept
from echoes.tasks.membership import Membership
from echoes.tasks.timer_parts import TimerParts
from echoes.tasks.worker_orders import Supervision, WorkerOrders
from echoes.token_bucket import TokenBuckets
from echoes.tracing import recorders, tracing
from echoes.unknown_words import UnknownWords
from echoes.web import accounts, exposition, health, playing, problems
from echoes.web.addresses import Addresses
from echoes.web.admission import Admission
from echoes.web.console import console_of
from echoes.web.console.pages import errors_around, templates_of
from echoes.web.content_refresh import ContentRefresh
from echoes.web.cut_short import CutShort
from echoes.web.extension_routes import panels_route, routers_of
from echoes.web.headers import Headers
from echoes.web.hub import Hub
from echoes.web.login_throttle import LoginThrottle
from echoes.web.methods import Methods
from echoes.web.ops import routes_of
from echoes.web.ops_port import OpsPort, file_of_page, front
from echoes.web.passwords import Passwords
from echoes.web.path_prefix import PathPrefix
from echoes.web.rejections import turned_away
from echoes.web.release import release_route
from echoes.web.report import Report
from echoes.web.revalidation import Revalidation
from echoes.web.router import RouterOfOneApp
from echoes.web.sampling import Sampler
from echoes.web.socket import Reception
from echoes.web.token_subjects import TokenSubjects
from echoes.web.tokens import Tokens
from echoes.world.model import World
from echoes.world_poll import WorldPoll

log = structlog.get_logger()
CLIENT = Path(__file__).parent / "web" / "client"


def create_app(context: Context, ops_port: int | None = None) -> ASGIApp:
    """The pages, the API and the socket of a running worker. `ops_port`: the port at which it also listens, for operators alone."""
    settings = context.settings
    operating = [*routes_of(settings), *console_of(settings)]
    game = _wrapped(context, [*_game(context), *(operating if settings.ops_port is None else ())])
    if ops_port is None:
        return game
    inside = [health.live, health.ready, exposition.of_host, exposition.of_worker]
    return OpsPort(ops_port, _wrapped(context, [*inside, *operating, front, file_of_page], alone=True), game)


def _wrapped(context: Context, routes: Sequence[ControllerRouterHandler], *, alone: bool = False) -> ASGIApp:
    """An application with these routes; `alone`: without those of extensions."""

    def provide_city() -> Context:
        return context

    core = RouterOfOneApp("/", route_handlers=routes, dependencies={"context": Provide(provide_city, sync_to_thread=False)})
    extended: list[ControllerRouterHandler] = [] if alone else [panels_route(context.backends.routes), *routers_of(context.backends.routes)]
    app = Litestar(
        route_handlers=[core, *extended],
        exception_handlers=problems.HANDLERS | (errors_around(context.settings) if alone or context.settings.ops_port is None else {}),
        middleware=[Revalidation()],
        template_config=templates_of(context.settings),
        compression_config=CompressionConfig(backend="gzip", minimum_size=1024),
        request_max_body_size=64 * 1024,
        openapi_config=OpenAPIConfig(
            title="Echoes of the Ashes", version=echoes.__version__, path="/schema", servers=[Server(url=context.settings.base_path or "/")],
            render_plugins=[JsonRenderPlugin(), YamlRenderPlugin()],
            components=Components(security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}),
        ),
        logging_config=None,
    )  # fmt: skip
    return PathPrefix(Headers(CutShort(Methods(app)), context.addresses), context.settings.base_path)


def _game(context: Context) -> Sequence[ControllerRouterHandler]:
    """The routes of players."""

    @websocket("/ws/game")
    async def game_socket(socket: "WebSocket[Any, Any, Any]", context: Context) -> None:
        await context.reception.receive(socket)

    @get("/ws/game", include_in_schema=False)
    async def explain_refusal(context: Context, request: "Request[Any, Any, Any]", origin: str = "") -> None:
        """Give the reason to a page that could not open the WebSocket: browsers do not show it the answer to its upgrade."""
        context.reception.check_admission(request.scope, origin)
        turned_away("upgrade", peer=context.addresses.of(request.scope))
        raise Refused(
            "upgrade_required", "The way to the city is blocked: the WebSocket does not get through.",
            "A proxy or a filter between you and the server may not pass it on.",
        )  # fmt: skip

    folders = [gamedata_of(context.settings), *(pack.folder for pack in context.backends.packs)]
    images: list[Path | PathLike[Any] | str] = [folder / "images" for folder in folders]
    return [
        accounts.AuthController, accounts.CharacterController, playing.GameController, health.live, health.ready,
        exposition.of_host, exposition.of_worker, game_socket, explain_refusal,
        create_static_files_router("/images", images, include_in_schema=False, cache_control=None, exception_handlers=problems.NO_FILE),
        release_route(CLIENT),
        create_static_files_router("/", [CLIENT], html_mode=True, include_in_schema=False, exception_handlers=problems.NO_FILE),
    ]  # fmt: skip


@asynccontextmanager
async def running(
    settings: Settings,
    url: str,
    world: World,
    backends: Backends,
    clock: Clock,
    dice: random.Random,
    supervision: Supervision | None = None,
) -> AsyncIterator[Context]:
    """One worker over the migrated database at `url`: everything behind the routes, connected; taken apart in reverse order.

    `supervision`: the supervisor of this worker, if it has one.
    """
    worker_id = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
    async with AsyncExitStack() as stack:
        spans = await stack.enter_async_context(tracing(worker_id, on=settings.traces))
        database = await stack.enter_async_context(
            postgres.connect(url, pool=settings.database_pool, timeout=settings.database_timeout, slow=settings.slow_query_seconds)
        )
        revocations = await Revocations.known(database, settings.token_hours * 3600)
        address_bans = await AddressBans.known(database)
        await stack.enter_async_context(backends.lifespan(revocations.identity.identity))
        resilience = Resilience(measured(backends.facilities), backends.names, database, clock, patience=settings.facility_patience)
        facilities = resilience.facilities
        caching = Caching(facilities.cache, percent=settings.cache)

        alone = backends.max_workers == 1
        contents = Contents(database, caching, facilities.locks, world)
        kinds = kinds_of(backends.cached_kinds)
        invalidations = Invalidations(facilities.broadcast, caching, contents.wake, kinds)
        stack.push_async_callback(invalidations.close)
        sampling, unknown_words, orders = (
            Sampling(database, worker_id),
            UnknownWords(database),
            WorkerOrders(database, worker_id, supervision),
        )
        world_poll = WorldPoll(
            database, caching, contents, alone=alone, revocations=revocations, kinds=kinds, counted=(address_bans, sampling, orders)
        )
        lock = WorldLock(url, shared=not alone, worker_id=worker_id, on_taken=world_poll.take_over, on_poll=world_poll.poll)
        await stack.enter_async_context(kept(lock))
        speech_limits = SpeechLimits(
            facilities.registry, per_speaker=settings.commands_per_second * settings.speech_bytes,
            burst=settings.commands_burst * settings.speech_bytes, per_room=settings.room_bytes_per_second,
        )  # fmt: skip
        catalogue = Catalogue(_specs(backends))
        around = Surroundings(
            contents=contents, database=database, caching=caching, registry=facilities.registry, who_pages=WhoPages(facilities.registry), speech_limits=speech_limits,
            broadcast=facilities.broadcast, dice=dice, durable_moves=settings.durable_moves, catalogue=catalogue,
            behaviours=behaviours_of(behaviours.CORE, backends.behaviours), effects=effects.specs_of(effects.CORE, backends.effects),
        )  # fmt: skip
        outbox = Outbox(database, resilience.broadcast)
        service = CommandService(
            around,
            facilities,
            catalogue,
            outbox,
            lock,
            invalidations,
            session_ttl=settings.session_ttl,
            recorder_of=recorders(sampling.recorder_of, spans),
            not_understood=unknown_words.count,
        )
        clockwork = Clockwork(
            specs_of(core_timers.TIMERS, _timers(backends)), around, TimerParts(facilities), outbox, invalidations, lock, worker_id,
            recorder_of=(lambda _: None) if spans is None else spans.recorder_of_timer,
        )  # fmt: skip
        snapshots = Snapshots(around, service, catalogue)
        hub = Hub(
            facilities.broadcast, snapshots, missed_bytes=settings.outbox_bytes // 4, traced=None if spans is None else spans.delivered
        )
        stack.push_async_callback(hub.close)
        ContentRefresh(database, facilities.registry, outbox, contents, hub).start()
        presence = Presence(facilities, service, outbox, clock, worker_id=worker_id, session_ttl=settings.session_ttl, grace=settings.grace)
        http_presence = HttpPresence(presence, clock, resilience.session_of, grace=settings.grace)
        tokens = Tokens(secret_of(settings), settings.token_hours, revocations, previous=settings.secret_previous, clock=clock)
        addresses = Addresses(settings.trusted_proxies)
        token_buckets = TokenBuckets(settings.commands_per_second, settings.commands_burst)
        reception = Reception(
            settings,
            worker_id,
            tokens,
            hub,
            presence,
            service,
            snapshots,
            catalogue.decode,
            Admission(settings, addresses),
            token_buckets,
            TokenSubjects(database, revocations),
            address_bans,
        )
        membership = Membership(
            facilities,
            clock,
            worker_id=worker_id,
            pid=os.getpid(),
            ttl=settings.worker_ttl,
            report=Report(clock, contents, lambda: len(hub.seats), lambda: health.readiness(context), server=orders.server),
        )
        reconciler = Reconciler(
            facilities, presence, database, clock, worker_id=worker_id, session_ttl=settings.session_ttl, grace=settings.grace,
            patience=settings.worker_ttl / 2, spawn=hub.spawn, unconfirmed=lambda: resilience.unconfirmed, dropped=world_poll.dropped_characters,
        )  # fmt: skip
        context = Context(
            settings=settings, worker_id=worker_id, contents=contents, database=database, caching=caching, backends=backends, resilience=resilience, facilities=facilities, world_lock=lock,
            service=service, outbox=outbox, naming=Naming(catalogue), clockwork=clockwork, observers=checked(backends.observers), snapshots=snapshots, hub=hub, reception=reception, http_presence=http_presence, membership=membership, tokens=tokens, passwords=Passwords(),
            revocations=revocations, address_bans=address_bans, addresses=addresses, login_throttle=LoginThrottle(database, settings),
            token_buckets=token_buckets, worker_orders=orders, alerts=Alerts(settings.ops_prometheus),
            sampler=Sampler(hub, database, caching, outbox, lock, clockwork.parts, lambda: health.readiness(context).status, settings.data_dir),
        )  # fmt: skip

        backends.hand_tools(lambda name: Tools(name, worker_id, facilities, outbox, database, caching, invalidations, kinds))
        with suppress(Unavailable):
            await lock.required(patience=1.0)  # usually it is free, and who asks at once finds this worker ready
        await membership.heartbeat()
        await membership.listen()
        with suppress(FacilityError):
            await invalidations.listen()
        await stack.enter_async_context(
            background_tasks(context, presence, reconciler, outbox, invalidations, world_poll.some_unpublished, sampling, unknown_words)
        )
        log.info("worker.started", worker_id=worker_id, backends=dict(backends.names), content=contents.world.version)
        yield context
        await _leave(outbox, membership, unknown_words)


async def _leave(outbox: Outbox, membership: Membership, unknown_words: UnknownWords) -> None:
    """Publish, mark and write what can still go out, then end this worker's lease."""
    with suppress(Unavailable):
        await unknown_words.keep()
    await outbox.pay()
    if outbox.owed:
        log.warning("outbox.left_owing", messages=outbox.owed)
    await outbox.mark()
    await membership.leave()
    log.info("worker.stopped", worker_id=membership.worker_id)


def _specs(backends: Backends) -> list[CommandSpec]:
    for command in backends.commands:
        if not isinstance(command, CommandSpec):
            raise PluginError(
                f"an extension offers {command!r} as a command; echoes_commands returns CommandSpec objects (echoes.game.spec)"
            )
    return [command for command in backends.commands if isinstance(command, CommandSpec)]


def _timers(backends: Backends) -> list[TimerSpec]:
    for timer in backends.timers:
        if not isinstance(timer, TimerSpec):
            raise PluginError(f"an extension offers {timer!r} as a timer; echoes_timers returns TimerSpec objects (echoes.game.timers)")
    return [timer for timer in backends.timers if isinstance(timer, TimerSpec)]


__all__ = ["create_app", "running"]
