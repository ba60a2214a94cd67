"""A deed is the game's unit of work: what a command changes, the events to publish, the facts to record, and the answer, all as data."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from echoes import channels
from echoes.channels import Outgoing
from echoes.game import effects, views
from echoes.game.facts import Fact, Reason
from echoes.game.heard import NOTHING_HEARD, Heard
from echoes.game.litter import litter
from echoes.game.npcs import Seen, called
from echoes.game.resume_positions import arrival_text
from echoes.game.scene import Scene
from echoes.storage.commits import FLAGS, SCRAP, Thing, new_item_id
from echoes.wire import Chat, ChatKind, Happening, ItemView, LocationView, Outcome, PlaceView, PlayerView, WirePosition

SHARED = frozenset({"combat", "combat_new", "npc", "npc_gone", "stock"})
"""Changes of what belongs to no character and does not lie on the ground."""


class Deed:
    """Collected by a command's handler, applied by `echoes.game.service`.

    Everything is planned against the scene's rows. Each change names the version that it was planned for. When one of these rows has
    changed, nothing is applied and the command is decided again.
    """

    def __init__(self, scene: Scene, heard: Heard = NOTHING_HEARD) -> None:
        self.scene = scene
        self.heard = heard
        """The lines that the actor's connection has got lately."""
        self.me = scene.me
        """The actor as it will be."""
        self.changes: list[dict[str, Any]] = []
        self.ledger: list[dict[str, Any]] = []
        self.events: list[Outgoing] = []
        self.facts: list[Fact] = []
        self.fields: dict[str, Any] = {}
        self.mine: list[Thing] | None = None
        """The actor's things as they will be, when they change."""
        self.here: list[Thing] | None = None
        """The ground as it will be, when it changes."""
        self.durable = True
        self.message = ""
        self.refused_search = ""
        """The answer when the searched thing turns out to be empty."""

        self._items: dict[int, ItemView] = {}
        self._ground: dict[int, ItemView] = {}

    # ── changes of the actor ─────────────────────────────────────────────────────────────────────────────────────────

    def change_me(self, *, stamina: float | None = None, **fields: Any) -> None:
        """Set fields of the actor's row. Stamina and hit points are settled at the scene's time in the same change."""
        if "effects" not in fields and effects.is_past(self.me, self.scene.world, self.scene.now):
            self.affect()
        paced = "effects" in fields or any(fields[name] != getattr(self.me, name) for name in ("combat", "resting") if name in fields)
        settled = {
            "hp": self.me.hp, "hp_at": self.scene.now if paced else self.me.hp_at, **fields,
            "stamina": self.scene.stamina if stamina is None else stamina, "stamina_at": self.scene.now,
        }  # fmt: skip
        self.fields.update(settled)
        self.me = msgspec.structs.replace(self.me, **settled)

    def affect(self, *, gains: Iterable[str] = (), ends: Iterable[str] = (), reason: Reason = "cured") -> str:
        """End effects of the actor for a reason and let others begin; those whose time is over go, too. Answers what the actor reads of it."""
        changed = effects.change(self.me, self.scene.world, self.scene.now, gains=gains, ends=ends, reason=reason)
        if changed.effects == self.me.effects:
            return ""
        self.changes += effects.timers(self.me, changed.effects, self.scene.world, self.scene.now)
        self.facts += changed.facts
        self.change_me(effects=changed.effects)
        for line in changed.seen:
            self.tell_room("affected", line, location_id=self.me.location_id)
        return " ".join(changed.lines)

    def arrive(self, location_id: str, at: WirePosition) -> None:
        """The actor is now in a location whose channel stood at `at` before."""
        self.change_me(location_id=location_id)
        self.fields["arrival"] = arrival_text(location_id, at)

    def explore(self, location_id: str) -> None:
        """The actor has now been there."""
        self.fields["explored"] = location_id
        if location_id not in self.me.explored:
            self.me = msgspec.structs.replace(self.me, explored=(*self.me.explored, location_id))

    def change_scrap(self, by: int, reason: str) -> None:
        """Scrap comes to the actor (+), or leaves (-) by at most what the actor has."""
        self.ledger.append({"template": SCRAP, "quantity": by, "reason": reason})
        self.change_me(scrap=self.me.scrap + by)

    def change_flags(self, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Set flags of the actor and clear others. A flag that is as it shall be is no change. No flag is both set and cleared in one deed."""
        added = [flag for flag in dict.fromkeys(add) if flag not in self.me.flags]
        removed = [flag for flag in dict.fromkeys(remove) if flag in self.me.flags and flag not in added]
        if added or removed:
            before = self.fields.get("flags", {"add": [], "remove": []})
            self.fields["flags"] = {"add": [*before["add"], *added], "remove": [*before["remove"], *removed]}
            kept = [flag for flag in (*self.me.flags, *added) if flag not in removed]
            self.me = msgspec.structs.replace(self.me, flags=tuple(kept[-FLAGS:]))

    def change_quests(self, now: Mapping[str, tuple[int, int] | None]) -> None:
        """Set where the actor stands in quests; None: it is no longer on it. Quests that were as they are now are no change."""
        quests = {id_: one for id_, one in {**self.me.quests, **now}.items() if one is not None}
        if quests != self.me.quests:
            self.durable = True
            self.fields["quests"] = {"was": self.scene.me.quests, "is": quests}
            self.me = msgspec.structs.replace(self.me, quests=quests)

    @property
    def is_shared(self) -> bool:
        """Whether it changes what others at the place may change, too: the ground, an NPC, a fight, a trader's goods."""
        return self.here is not None or any(change["op"] in SHARED for change in self.changes)

    def finish(self) -> None:
        """Add the actor's own row to the changes: each change raises its version."""
        if not self.changes and not self.fields:
            return
        if self.here is not None and any(self._ground_owner in {one.get("owner"), one.get("new_owner")} for one in self.changes):
            self._let_litter_decay()
        beside: dict[str, Any] = {name: self.fields.pop(name) for name in ("explored", "flags", "quests") if name in self.fields}
        self.changes.insert(0, {"op": "character", "id": self.me.id, "version": self.me.version, "set": self.fields, **beside})
        self.me = msgspec.structs.replace(self.me, version=self.me.version + 1)

    def _let_litter_decay(self) -> None:
        """The ground has changed: where too much lies there, the oldest decays with it."""
        self.changes.append(litter(self.scene.me.location_id))

    # ── changes of things ────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _my_owner(self) -> str:
        return f"character:{self.scene.me.id}"

    @property
    def _ground_owner(self) -> str:
        return f"location:{self.scene.me.location_id}"

    async def take(self, thing: Thing, quantity: int) -> Thing:
        """From the ground into the bag; joins a stack of the same kind. Answers what is now carried."""
        await self._touch_both()
        return self._transfer(thing, quantity, self._ground_owner, self._my_owner)

    async def drop(self, thing: Thing, quantity: int) -> Thing:
        """From the bag to the ground. Answers what now lies there."""
        await self._touch_both()
        return self._transfer(thing, quantity, self._my_owner, self._ground_owner)

    async def hand_over(self, thing: Thing, quantity: int, receiver: int) -> Thing:
        """Move a thing from the bag to another character in the same place. Answers the thing as the receiver then has it."""
        await self._touch_mine()
        self.changes.append({"op": "witness", "id": receiver, "location_id": self.scene.me.location_id})
        return self._transfer(thing, quantity, self._my_owner, f"character:{receiver}")

    async def unpack(self, thing: Thing, container: str) -> bool:
        """From a container into the bag, joining a stack; False, and nothing changes, when the actor cannot carry it."""
        await self._touch_mine()
        template = self.scene.template(thing)
        if not views.has_room(self.mine or [], thing.template, template, thing.quantity, self.scene.world):
            return False
        self._transfer(thing, thing.quantity, container, self._my_owner)
        return True

    async def create(self, template_id: str, quantity: int, reason: str, *, carried: bool, personal: bool = False) -> Thing:
        """Something comes into the world: into the bag (joining a stack) or onto the ground. What is `personal` joins no stack."""
        await (self._touch_mine() if carried else self._touch_both())
        template = self.scene.world.items[template_id]
        owner = self._my_owner if carried else self._ground_owner
        self.ledger.append({"template": template_id, "quantity": quantity, "reason": reason})
        if template.stackable and not personal and (stack := self._stack(owner, template_id)) is not None:
            return self._update(stack, owner, quantity=stack.quantity + quantity)
        made = Thing(new_item_id(), 1, template_id, quantity, template.durability, laid=self._laid(owner), personal=personal)
        return self._insert(made, owner)

    async def use_up(self, thing: Thing, quantity: int, reason: str) -> None:
        """Something that the actor carries leaves the world."""
        await self._touch_mine()
        self.ledger.append({"template": thing.template, "quantity": -quantity, "reason": reason})
        if quantity == thing.quantity:
            self._delete(thing, self._my_owner)
        else:
            self._update(thing, self._my_owner, quantity=thing.quantity - quantity)

    async def wear(self, thing: Thing, slot: str) -> None:
        """Put on; the slot must have been emptied."""
        await self._touch_mine()
        self.changes.append({"op": "wear", "slot": slot, "id": thing.id})
        self._update(msgspec.structs.replace(thing, slot=slot), self._my_owner)

    async def wear_out(self, thing: Thing, durability: int) -> Thing:
        """Set the durability of something that the actor carries or wears."""
        await self._touch_mine()
        self.changes.append({"op": "update", "id": thing.id, "version": thing.version, "owner": self._my_owner, "durability": durability})
        changed = msgspec.structs.replace(thing, version=thing.version + 1, durability=durability)
        self._record(self._my_owner, changed, present=True)
        return changed

    async def take_off(self, thing: Thing) -> Thing:
        """Take off. Answers the thing as it then is."""
        await self._touch_mine()
        self.changes.append({"op": "take_off", "slot": thing.slot, "id": thing.id})
        return self._update(msgspec.structs.replace(thing, slot=""), self._my_owner)

    def search(self, thing: str, refill_seconds: float, otherwise: str) -> None:
        """Claim the contents of a searched thing; `otherwise` is the answer when it was searched too recently."""
        self.changes.append({"op": "search", "location_id": self.scene.me.location_id, "thing": thing, "refill": refill_seconds})
        self.refused_search = otherwise

    @property
    def ground_version_after(self) -> int:
        """The version that the ground has after these changes, unless another commit changes it first; each change raises it by one."""
        owner = self._ground_owner
        touches = sum((change.get("owner") == owner) + (change.get("new_owner") == owner) for change in self.changes)
        return (self.scene.ground_version or 0) + touches

    def fact(self, fact: Fact) -> None:
        """Record a domain event of the actor, committed with the changes."""
        self.facts.append(msgspec.structs.replace(fact, character_id=self.scene.me.id))

    # ── events ─────────────────────────────────────────────────────────────────────────────────────────────────

    def tell_room(self, action: str, message: str, *, location_id: str | None = None, **facts: Any) -> None:
        """Add an event for all characters in a location (the actor's by default) except the actor. Changes of the ground are added."""
        here = location_id is None or location_id == self.scene.me.location_id
        ground = list(self._ground.values()) if here else []
        happening = Happening(action, message, player=self.as_seen, version=self.scene.me.version + 1, ground=ground, **facts)
        self.events.append(channels.to_location(location_id or self.scene.me.location_id, "location_update", happening, exclude=self.me.id))

    def tell(self, character_id: int, happening: Happening) -> None:
        """Tell one character a fact about its own state."""
        self.events.append(channels.to_player(character_id, "state_update", happening))

    def npc_speaks(self, npc: Seen, text: str, location_id: str) -> None:
        """Let an NPC say something to all players in its location, the actor included."""
        happening = Happening("npc_spoke", f"{called(npc.npc, begins=True)} says: “{text}”", npc=npc.view, location_id=location_id)
        self.events.append(channels.to_location(location_id, "location_update", happening))

    def speak(self, kind: ChatKind, text: str, message: str, *, to: int | None = None, location_id: str | None = None) -> None:
        """Say something to the room, to another location, or to one character."""
        chat = Chat(kind, self.as_seen, text, message)
        if to is None:
            self.events.append(
                channels.to_location(location_id or self.me.location_id, "chat", chat, exclude=self.me.id, sender=self.me.id)
            )
        else:
            self.events.append(channels.to_player(to, "chat", chat, sender=self.me.id))

    @property
    def as_seen(self) -> PlayerView:
        """The actor as others see it."""
        return PlayerView(self.me.id, self.me.name)

    def outcome(
        self,
        *,
        location: LocationView | None = None,
        places: list[PlaceView] | None = None,
        **more: Any,
    ) -> Outcome:
        """The answer: the message and the changes. Call it last."""
        changed = bool(self.changes or self.fields)
        return Outcome(
            self.message,
            you=views.you(msgspec.structs.replace(self.me, version=self.me.version + 1), self.scene.now, self.scene.world)
            if changed
            else None,
            items=list(self._items.values()),
            load=list(views.load(self.mine, self.scene.world)) if self.mine is not None else [],
            ground=list(self._ground.values()),
            location=location,
            map=places or [],
            **more,
        )

    def as_of_now(self, outcome: Outcome) -> Outcome:
        """An answer that was made before the last changes, with these."""
        now = self.outcome()
        return msgspec.structs.replace(outcome, you=now.you, items=now.items, load=now.load, ground=now.ground)

    # ── how things change hands ──────────────────────────────────────────────────────────────────────────────────────

    async def _touch_mine(self) -> None:
        if self.mine is None:
            self.mine = list(await self.scene.things())

    async def _touch_both(self) -> None:
        await self._touch_mine()
        if self.here is None:
            self.here = list(await self.scene.ground())

    def _list_of(self, owner: str) -> list[Thing] | None:
        return {self._my_owner: self.mine, self._ground_owner: self.here}.get(owner)

    def _stack(self, owner: str, template_id: str) -> Thing | None:
        return next(
            (thing for thing in self._list_of(owner) or [] if thing.template == template_id and not thing.slot and not thing.personal), None
        )

    def _transfer(self, thing: Thing, quantity: int, owner: str, receiver: str) -> Thing:
        stackable = self.scene.template(thing).stackable
        onto = self._stack(receiver, thing.template) if stackable else None
        if onto is not None:
            if quantity == thing.quantity:
                self._delete(thing, owner)
            else:
                self._update(thing, owner, quantity=thing.quantity - quantity)
            return self._update(onto, receiver, quantity=onto.quantity + quantity)
        if quantity < thing.quantity:
            self._update(thing, owner, quantity=thing.quantity - quantity)
            return self._insert(Thing(new_item_id(), 1, thing.template, quantity, thing.durability, laid=self._laid(receiver)), receiver)
        self.changes.append({"op": "update", "id": thing.id, "version": thing.version, "owner": owner, "new_owner": receiver})
        moved = msgspec.structs.replace(thing, version=thing.version + 1, laid=self._laid(receiver))
        self._record(owner, moved, present=False)
        self._record(receiver, moved, present=True)
        return moved

    def _laid(self, owner: str) -> float:
        """When what comes to an owner now was laid down."""
        return self.scene.now if owner == self._ground_owner else 0.0

    def _insert(self, thing: Thing, owner: str) -> Thing:
        self.changes.append(
            {
                "op": "insert",
                "id": thing.id,
                "template": thing.template,
                "quantity": thing.quantity,
                "durability": thing.durability,
                "owner": owner,
                **({"personal": True} if thing.personal else {}),
            }
        )
        self._record(owner, thing, present=True)
        return thing

    def _update(self, thing: Thing, owner: str, *, quantity: int | None = None) -> Thing:
        change = {"op": "update", "id": thing.id, "version": thing.version, "owner": owner}
        self.changes.append(change if quantity is None else {**change, "quantity": quantity})
        left = thing.quantity if quantity is None else quantity
        laid = self._laid(owner) if left > thing.quantity else thing.laid
        changed = msgspec.structs.replace(thing, version=thing.version + 1, quantity=left, laid=laid)
        self._record(owner, changed, present=True)
        return changed

    def _delete(self, thing: Thing, owner: str) -> None:
        self.changes.append({"op": "delete", "id": thing.id, "version": thing.version, "owner": owner})
        self._record(owner, msgspec.structs.replace(thing, version=thing.version + 1), present=False)

    def _record(self, owner: str, thing: Thing, *, present: bool) -> None:
        """Keep the lists and the facts in step with a change."""
        things = self._list_of(owner)
        if things is None:
            return
        at = next((index for index, one in enumerate(things) if one.id == thing.id), None)
        if at is not None:
            things.pop(at)
        if present:
            things.insert(len(things) if at is None else at, thing)
        facts = self._items if owner == self._my_owner else self._ground
        facts[thing.id] = views.item(thing, self.scene.world) if present else views.gone(thing)
