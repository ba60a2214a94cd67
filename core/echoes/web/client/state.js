// The known state of the world: one plain object, changed only here and in facts.js; listeners get each change.

import { PAGE_COMMANDS } from "./pagewords.js";
import { mergeItems, replaceItems, newerYou, mergeMap } from "./facts.js";

/** @import { Item, Seen } from "./facts.js" */
/** @import { ClientCommand, CommandView, EffectView, FightView, InventoryView, ItemView, LocationView, NpcView, PlaceView, PlayerView, QuestView, Snapshot, TalkView, TradeView, You } from "./wire.d.ts" */
/** @typedef {"you" | "location" | "players" | "ground" | "bag" | "map" | "commands" | "who" | "talk" | "trade" | "fight" | "quests"} Topic */
/** @typedef {Omit<LocationView, "items" | "players">} Place */
/** @typedef {Omit<InventoryView, "items">} Load */
/**
 * @typedef {object} State
 * @property {You | null} you null before the first snapshot
 * @property {Place} location NOWHERE before the first snapshot
 * @property {PlayerView[]} players the others here
 * @property {Item[]} ground
 * @property {Item[]} bag also what is worn
 * @property {Load} load
 * @property {EffectView[]} conditions the effects that follow from load and stamina, whether they are there or not
 * @property {PlaceView[]} map
 * @property {CommandView[]} commands
 * @property {PlayerView[] | null} who who is awake, as of when one asked
 * @property {TalkView | null} talk the conversation, while it goes on
 * @property {FightView | null} fight the fight that goes on here
 * @property {QuestView[]} quests what the character is asked to do
 * @property {TradeView | null} trade what a trader here has, as of now
 * @property {number} skew milliseconds that `performance.now` is ahead of the server's clock, by the freshest news there was
 */
/** @typedef {(command: ClientCommand, text: string) => void} Act sends a command; `text` is what the log shows of it */
/** @typedef {(text: string) => void} Draft puts the beginning of a line into the command line */

/** @type {Place} */
const NOWHERE = {
  id: "", name: "", district: "", description: "", danger_level: 0, image: "", image_alt: "", x: 0, y: 0, exits: [], things: [], npcs: [],
  more_players: 0, more_items: 0, around: "", fight: null,
};

export class Store {
  /** @type {{ topics: Topic[], listener: (state: State) => void }[]} */
  #listeners = [];
  /** @type {Set<Topic>} */
  #dirty = new Set();
  /** Is told of what a listener throws: one that fails does not keep the others from hearing. @type {(error: unknown) => void} */
  onFault = (error) => {
    throw error;
  };

  constructor() {
    /** @type {State} */
    this.state = {
      you: null,
      location: NOWHERE,
      players: [],
      ground: [],
      bag: [],
      load: { weight: 0, max_weight: 0, volume: 0, max_volume: 0 },
      conditions: [],
      map: [],
      commands: [],
      who: null,
      talk: null,
      trade: null,
      fight: null,
      quests: [],
      skew: 0,
    };
    /** Over bag and ground together: what is older is ignored wherever it claims to be. @type {Seen} */
    this.seen = new Map();
    /** Player id → version of the last coming or going. @type {Map<number, number>} */
    this.presence = new Map();
    /** Instance of an NPC → its version in the last event about it. @type {Map<number, number>} */
    this.npcs = new Map();
    /** Id of a quest → the character's version in the last event about it. @type {Map<string, number>} */
    this.asked = new Map();
    /** Counts changes that events brought; a view that was asked for before the last of them may be older than it. */
    this.serial = 0;
  }

  /** Another character, another view of the world. */
  reset() {
    this.seen.clear();
    this.presence.clear();
    this.#leave();
    Object.assign(this.state, { you: null, who: null, players: [], ground: [], bag: [], map: [] });
    this.touch("who");
  }

  /**
   * Calls `listener(state)` after changes to any of `topics`, once for all changes of one moment.
   * @param {Topic[]} topics
   * @param {(state: State) => void} listener
   */
  on(topics, listener) {
    this.#listeners.push({ topics, listener });
  }

  /** @param {...Topic} topics */
  touch(...topics) {
    if (this.#dirty.size === 0) queueMicrotask(() => this.#tell());
    for (const topic of topics) this.#dirty.add(topic);
  }

  #tell() {
    const dirty = this.#dirty;
    this.#dirty = new Set();
    for (const { topics, listener } of this.#listeners) {
      if (!topics.some((topic) => dirty.has(topic))) continue;
      try {
        listener(this.state);
      } catch (error) {
        this.onFault(error);
      }
    }
  }

  /** A snapshot replaces everything. @param {Snapshot} snapshot */
  replace(snapshot) {
    this.#settle(snapshot.you);
    this.state.commands = [...snapshot.commands, ...PAGE_COMMANDS];
    this.state.conditions = snapshot.conditions ?? [];
    this.state.map = mergeMap([], snapshot.map);
    this.#inventory(snapshot.inventory);
    this.#location(snapshot.location);
    this.asked.clear();
    this.state.quests = snapshot.quests ?? [];
    this.talk(snapshot.talk);
    this.touch("quests", "you", "location", "players", "ground", "bag", "map", "commands");
  }

  /** The own character, unless the known one is newer. @param {You} you */
  you(you) {
    if (!newerYou(this.state.you, you)) return;
    this.#settle(you);
    this.touch("you");
  }

  /** @param {You} you */
  #settle(you) {
    this.state.you = you;
    this.state.skew = Math.min(this.state.skew, performance.now() - you.at * 1000);
  }

  /** A place one has come to, or looked at again. @param {LocationView} location */
  location(location) {
    this.#location(location);
    this.touch("location", "players", "ground");
  }

  /** @param {LocationView} location */
  #location(location) {
    const { items, players, ...rest } = location;
    if (rest.id !== this.state.location.id) this.#leave();
    this.state.location = rest;
    this.state.players = players;
    this.state.ground = replaceItems(this.state.ground, items, this.seen);
    this.presence.clear();
    this.npcs.clear();
    this.fight(location.fight);
  }

  /** Nobody here is the one whom one talked or traded with. */
  #leave() {
    this.talk(null);
    this.trade(null);
  }

  /** @param {InventoryView} inventory */
  inventory(inventory) {
    this.#inventory(inventory);
    this.touch("bag");
  }

  /** @param {InventoryView} inventory */
  #inventory({ items, ...load }) {
    this.state.bag = replaceItems(this.state.bag, items, this.seen);
    this.state.load = load;
  }

  /**
   * @param {ItemView[]} items
   * @param {number[]} [load] weight, max_weight, volume, max_volume
   */
  bag(items, load = []) {
    if (items.length) this.state.bag = mergeItems(this.state.bag, items, this.seen);
    if (load.length === 4) {
      const [weight, max_weight, volume, max_volume] = load;
      this.state.load = { weight, max_weight, volume, max_volume };
    }
    this.touch("bag");
  }

  /** @param {ItemView[]} items */
  ground(items) {
    this.state.ground = mergeItems(this.state.ground, items, this.seen);
    this.touch("ground");
  }

  /**
   * A player is here (`view`), or not any more (`view` null). `version` is that player's row's.
   * @param {number} id
   * @param {PlayerView | null} view
   * @param {number} version
   */
  player(id, view, version) {
    if (id === this.state.you?.id || (this.presence.get(id) ?? 0) > version) return;
    this.presence.set(id, version);
    const others = this.state.players.filter((player) => player.id !== id);
    this.state.players = view ? [...others, view] : others;
    this.touch("players");
  }

  /** An NPC of a population is `here`, or not any more; an older version of it is ignored. @param {NpcView} npc @param {boolean} here */
  npc(npc, here) {
    const { instance = 0, version = 0 } = npc;
    if ((this.npcs.get(instance) ?? 0) > version) return;
    this.npcs.set(instance, version);
    const { location } = this.state;
    const known = location.npcs.find((one) => one.instance === instance);
    if (known && (known.version ?? 0) > version) return;
    const others = location.npcs.filter((one) => one !== known);
    this.state.location = { ...location, npcs: here ? [...others, npc] : others };
    this.touch("players");
  }

  /** @param {PlaceView[]} places */
  map(places) {
    this.state.map = mergeMap(this.state.map, places);
    this.touch("map");
  }

  /** Where a conversation stands now; one without choices is over. @param {TalkView | null | undefined} talk */
  talk(talk) {
    this.state.talk = talk?.choices?.length ? talk : null;
    if (this.state.talk && this.state.trade) this.trade(null);
    this.touch("talk");
  }

  /** A fight that is over is none. @param {FightView | null | undefined} fight */
  fight(fight) {
    this.state.fight = fight && !fight.over ? fight : null;
    this.touch("fight");
  }

  /**
   * Quests that have changed with this version of the character; one that is done is no longer listed. An older version is ignored.
   * @param {QuestView[]} quests
   * @param {number} version
   */
  quests(quests, version) {
    for (const quest of quests) {
      if ((this.asked.get(quest.id) ?? 0) > version) continue;
      this.asked.set(quest.id, version);
      const place = this.state.quests.findIndex(({ id }) => id === quest.id);
      const others = this.state.quests.filter(({ id }) => id !== quest.id);
      const at = place < 0 ? others.length : place;
      this.state.quests = quest.done ? others : [...others.slice(0, at), quest, ...others.slice(at)];
    }
    this.touch("quests");
  }

  /** @param {TradeView | null} trade */
  trade(trade) {
    this.state.trade = trade;
    this.touch("trade");
  }

  /** @param {PlayerView[]} players */
  who(players) {
    this.state.who = players;
    this.touch("who");
  }
}
