"""One client's conversation: hello, welcome, commands and replies, until it leaves or is sent away."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec
import structlog
from litestar import WebSocket
from msgspec import Struct

from echoes import wire
from echoes.errors import EchoesError, FacilityError, PlayerError, Refused, Restarting
from echoes.facilities import Position
from echoes.game.heard import Heard
from echoes.game.presence import Entered, Presence
from echoes.game.service import Actor, CommandService
from echoes.game.snapshots import Snapshots
from echoes.log_limit import LOG_LIMIT
from echoes.metrics import counting
from echoes.settings import Settings
from echoes.storage.address_bans import AddressBans
from echoes.storage.bans import Banned
from echoes.storage.revocations import Revocation
from echoes.token_bucket import TokenBuckets
from echoes.web.admission import Admission, turn_away
from echoes.web.hub import Hub
from echoes.web.protocol import EXTENSION, WireProtocol
from echoes.web.rejections import RejectionLog
from echoes.web.seat import Seat
from echoes.web.token_subjects import TokenSubjects
from echoes.web.tokens import Claims, TokenExpired, TokenRefused, Tokens
from echoes.web.writer import ClientWriter, Flusher
from echoes.wire import Close, ErrorView, Hello, Reply, SessionView, Welcome, WirePosition

log = structlog.get_logger()
BAD_FRAMES = 10
"""Frames in one session that may be nonsense; each is answered, the next one closes."""
HELLO_COST = 5.0
"""Commands that a hello counts as: it reads history and a snapshot."""
NORMAL = 1000
LONGEST_REASON = 123
"""Bytes."""
ENDS = {"signed_in_elsewhere": Close.SIGNED_IN_ELSEWHERE, "no_character": Close.NOT_ALLOWED}
"""How a conversation ends that a refusal keeps from beginning; after any other its client comes back."""


class _Numbered(Struct):
    id: int = 0


_read_number = msgspec.json.Decoder(_Numbered).decode


class Refusal(Exception):  # noqa: N818 - how a conversation ends
    """The conversation ends with a close code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Reception:
    """Receives clients on this worker."""

    def __init__(
        self, settings: Settings, worker_id: str, tokens: Tokens, hub: Hub, presence: Presence, service: CommandService, snapshots: Snapshots,
        decode: Callable[[str | bytes], Any], admission: Admission, token_buckets: TokenBuckets, token_subjects: TokenSubjects,
        address_bans: AddressBans,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._worker_id = worker_id
        self._tokens = tokens
        self._hub = hub
        self._presence = presence
        self._service = service
        self._snapshots = snapshots
        self.decode = decode
        self._admission = admission
        self._token_buckets = token_buckets
        self._hellos = TokenBuckets(
            settings.commands_per_second, settings.commands_burst
        )  # apart: a flood of commands does not keep one out
        self.token_subjects = token_subjects
        self._address_bans = address_bans
        self._flusher = Flusher()
        self._refused = RejectionLog()
        self.draining = False

    async def receive(self, socket: "WebSocket[Any, Any, Any]") -> None:
        """Serve one client until the connection ends. A client that may not connect gets the reason before the upgrade."""
        try:
            with self._admission.entered(socket.scope):
                await socket.accept()
                connection: WireProtocol = socket.scope["extensions"][EXTENSION]  # type: ignore[index, assignment]
                with counting.connection(connection):
                    await self._receive(socket, connection)
        except Refused as error:
            await turn_away(socket.send, error)
        finally:
            socket.receive = socket.send = _is_over  # they refer to the socket itself, and kept all of it for the garbage collector

    def check_admission(self, scope: Any, origin: str) -> None:
        """Raise `Refused` with the reason for which a connection of a page of this origin would not be let in now, if there is one."""
        self._admission.look(scope, [origin] if origin else [])
        if self.draining:
            raise Restarting

    async def _receive(self, socket: "WebSocket[Any, Any, Any]", connection: WireProtocol) -> None:
        try:
            hello, more = await self._hello(socket)
            address = self._admission.address_of(socket.scope)
            claims = self._admit(hello, address)
            await self._recognise(claims)
            with (
                self._tokens.watched(claims, partial(_end, connection)),
                self._address_bans.watched(address, partial(_keep_out, connection)),
            ):
                await self._play(socket, connection, hello, claims, more, address)
        except Refusal as refusal:
            connection.end(refusal.code, _short(refusal.reason))
            if refusal.code != NORMAL and (times := self._refused.count(str(refusal.code))):
                log.info("connection.refused", code=refusal.code, reason=refusal.reason, times=times)
        except PlayerError as error:
            connection.end(ENDS.get(error.code, Close.POSITION_LOST), error.code)
        except EchoesError as error:
            if times := LOG_LIMIT.due("connection.failed", type(error).__name__):
                log.warning("connection.failed", error=str(error), times=times)
            connection.end(Close.POSITION_LOST, "unavailable")
        except Exception:
            counting.crashed("connection")
            log.exception("connection.crashed")
            connection.end(Close.POSITION_LOST, "internal")

    async def _hello(self, socket: "WebSocket[Any, Any, Any]") -> tuple[Hello, list[str]]:
        try:
            async with asyncio.timeout(self._settings.hello_timeout):
                text = await _text(socket)
        except TimeoutError as error:
            raise Refusal(Close.NO_HELLO, "no hello") from error
        first, *more = _objects(text)
        try:
            return wire.decode_hello(first), more
        except wire.UNREADABLE as error:
            raise Refusal(Close.BAD_FRAME, f"the first frame must be a hello: {error}"[:120]) from error

    def _admit(self, hello: Hello, address: str) -> Claims:
        if self.draining:
            raise Refusal(Close.RESTARTING, "restarting")
        try:
            self._address_bans.require(address)
            claims = self._tokens.read("play", hello.token)
            if not self._hellos.spend(claims.payer, HELLO_COST):
                raise Refusal(Close.FLOOD, "too many hellos")
        except TokenExpired as error:
            raise Refusal(Close.TOKEN_EXPIRED, "token expired") from error
        except Banned as error:
            raise Refusal(Close.BANNED, error.in_one_line) from error
        except PlayerError as error:
            raise Refusal(Close.NOT_ALLOWED, "not allowed") from error
        return claims

    async def _recognise(self, claims: Claims) -> None:
        try:
            await self.token_subjects.require_player(claims, ask=True)
        except TokenRefused as error:
            raise Refusal(Close.NOT_ALLOWED, "not allowed") from error

    async def _play(
        self, socket: "WebSocket[Any, Any, Any]", connection: WireProtocol, hello: Hello, claims: Claims, more: list[str], address: str = ""
    ) -> None:
        connection_id = secrets.token_hex(8)
        entered = await self._presence.enter(claims.subject, hello.client, connection_id, address=address)
        me = entered.me

        def give_up() -> None:
            log.info("connection.given_up", character_id=me.id, reason="reads too slowly")
            connection.end(Close.TOO_SLOW, "reads too slowly")

        writer = ClientWriter(
            connection,
            self._flusher,
            limit=self._settings.outbox_bytes,
            on_overflow=give_up,
        )
        seat = Seat(self._hub, me.id, entered.epoch, connection_id, writer, connection.end)
        expiry = asyncio.get_running_loop().call_later(
            self._tokens.seconds_until(claims.expires), connection.end, Close.TOKEN_EXPIRED, "token expired"
        )
        try:
            if self.draining:  # by now: a client without a seat would not get the order to reconnect
                raise Refusal(Close.RESTARTING, "restarting")
            self._hub.take_seat(seat)
            self._hub.learn_row(me)
            if await self._is_welcomed(connection, seat, entered, hello.resume):
                spend = partial(self._token_buckets.spend, claims.payer)
                heard = Heard(seat.heard, entered.follows)
                actor = Actor(me.id, hello.client, entered.epoch, entered.last_command, connection_id[:12], spend=spend, heard=heard)
                await self._converse(socket, connection, seat, actor, more)
        finally:
            expiry.cancel()
            self._hub.leave(seat)
            await asyncio.shield(self._leave(me.id, entered.epoch))

    async def _is_welcomed(self, connection: WireProtocol, seat: Seat, entered: Entered, wanted: Mapping[str, WirePosition]) -> bool:
        """Send the welcome and what was missed. False when a newer connection has the character: then this one was ended.

        What is made for it (the snapshot above all) is gone when this returns: a connection lasts.
        """
        me, resume = entered.me, {channel: Position(at.epoch, at.offset) for channel, at in wanted.items()}
        followed = await self._hub.follow(seat, me.location_id, me.version, resume, entered.follows)
        if followed is None:
            return False
        await self._presence.appear(entered, seat.connection, followed.positions)
        snapshot = await self._snapshots.of(me.id, epoch=entered.epoch, learn=self._hub.learn_row)
        if seat.left:
            return False
        if snapshot.you.location_id != seat.location_id:
            raise Refusal(Close.POSITION_LOST, "moved by a request over HTTP while it came back")
        recovered, missed = followed.recovered, followed.missed
        known = {channel: WirePosition(at.epoch, at.offset) for channel, at in followed.positions.items()}
        session, arrival = SessionView(me.id, entered.epoch), self._presence.arrival_of(entered)
        seat.writer.send(wire.encode(Welcome(recovered, self._worker_id, session, snapshot, known, entered.last_command, arrival)))
        counting.welcome(connection, resumed=bool(resume), recovered=recovered)
        seat.send_missed(missed)
        await seat.release()
        log.info("session.claimed", character_id=me.id, epoch=entered.epoch, recovered=recovered)
        return True

    async def _leave(self, character_id: int, epoch: int) -> None:
        """The body stays behind. It is announced as link-dead a while later, unless this worker is leaving itself."""
        try:
            mine = await self._presence.leave(character_id, epoch)
        except FacilityError as error:
            if times := LOG_LIMIT.due("session.leave_failed"):  # the reconciler makes up for it
                log.warning("session.leave_failed", character_id=character_id, error=str(error), times=times)
            return
        if mine and not self.draining:
            self._hub.spawn(self._presence.announce_linkdead({character_id: epoch}), f"linkdead:{character_id}")

    async def _converse(
        self, socket: "WebSocket[Any, Any, Any]", connection: WireProtocol, seat: Seat, actor: Actor, lines: list[str]
    ) -> None:
        bad = strikes = 0
        while not connection.is_over:
            for line in lines:
                if not actor.spend(1.0):
                    strikes += 1
                    counting.unreadable("flood")
                    if strikes > self._settings.flood_strikes:
                        raise Refusal(Close.FLOOD, "too many commands")
                    seat.receive(
                        _refusal(_number_of(line), "flood", "You are going too fast.", "Wait a second; this command was not carried out.")
                    )
                    continue
                try:
                    command = self.decode(line)
                except wire.UNREADABLE as error:
                    bad += 1
                    counting.unreadable("unreadable")
                    if bad > BAD_FRAMES:
                        raise Refusal(Close.BAD_FRAME, "too many frames that are no command") from error
                    seat.receive(_nonsense(line, error))
                    continue
                seat.receive(await self._service.run(actor, command))
                if actor.gone:
                    raise Refusal(Close.NOT_ALLOWED, "no such character")
                await asyncio.sleep(0)  # a command may be carried out without ever waiting: let the others have their turn
                if connection.is_over:
                    return
            lines = _objects(await _text(socket))


def _end(connection: WireProtocol, ended: Revocation) -> None:
    """Close a connection whose sign-in was ended, or which an operator ends, with the words that its player reads."""
    match ended.cause:
        case "ban":
            connection.end(Close.BANNED, _short(Banned(ended.until, ended.notice).in_one_line))
        case "kick":
            connection.end(Close.KICKED, _short(ended.notice))
        case _:
            connection.end(Close.TOKEN_EXPIRED, "signed out everywhere")


def _keep_out(connection: WireProtocol, banned: Banned) -> None:
    connection.end(Close.BANNED, _short(banned.in_one_line))


def _short(reason: str) -> str:
    """As much of a reason as a close frame holds (RFC 6455, section 5.5)."""
    encoded = reason.encode()
    return reason if len(encoded) <= LONGEST_REASON else encoded[: LONGEST_REASON - 3].decode(errors="ignore") + "…"


async def _is_over(*_: object) -> Any:
    raise RuntimeError("the conversation is over")


async def _text(socket: "WebSocket[Any, Any, Any]") -> str:
    """The next frame's text; ends the conversation when the client has left or sends something else."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise Refusal(NORMAL, "left")
    text = message.get("text")
    if not isinstance(text, str):
        raise Refusal(Close.BAD_FRAME, "text frames only")
    return text


def _objects(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()] or [""]


def _number_of(line: str) -> int:
    try:
        return _read_number(line).id
    except wire.UNREADABLE:
        return 0


def _nonsense(line: str, error: Exception) -> bytes:
    if isinstance(error, msgspec.ValidationError):
        text = str(error)
        if "Invalid value" in text and "$.type" in text:
            return _refusal(_number_of(line), "unknown_command", "There is no such command.", "Type help for the list of commands.")
        return _refusal(
            _number_of(line), "bad_command", f"That command cannot be read: {text}.", "See the message reference, docs/asyncapi.yaml."
        )
    return _refusal(0, "bad_json", "That frame is no JSON.", "Send one JSON object on each line.")


def _refusal(number: int, code: str, message: str, hint: str) -> bytes:
    return wire.encode(Reply(number, ok=False, error=ErrorView(code, message, hint)))
