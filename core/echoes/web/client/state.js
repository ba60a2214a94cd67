// What is known of the world. One plain object, changed only here and in facts.js, told to whoever listens.

import { mergeItems, replaceItems, newerYou, mergeMap } from "./facts.js";

export class Store {
  #listeners = [];
  #dirty = new Set();

  constructor() {
    this.state = {
      you: null,
      location: null,
      players: [],
      ground: [],
      bag: [],
      load: { weight: 0, max_weight: 0, volume: 0, max_volume: 0 },
      map: [],
      commands: [],
      who: null,
      /** Milliseconds that this machine's clock is ahead of the server's, by the freshest news there was. */
      skew: 0,
    };
    /** Item id → greatest version seen, over bag and ground: what is older is ignored wherever it claims to be. */
    this.seen = new Map();
    /** Player id → version of the last coming or going. */
    this.presence = new Map();
    /** Counts changes told by events; a view that was asked for before the last of them may be older than it. */
    this.serial = 0;
  }

  /** Another character, another view of the world. */
  reset() {
    this.seen.clear();
    this.presence.clear();
    Object.assign(this.state, { you: null, who: null, players: [], ground: [], bag: [], map: [] });
    this.touch("who");
  }

  /** Calls `listener(state)` after changes to any of `topics`, once for all changes of one moment. */
  on(topics, listener) {
    this.#listeners.push({ topics, listener });
  }

  touch(...topics) {
    if (this.#dirty.size === 0) queueMicrotask(() => this.#tell());
    for (const topic of topics) this.#dirty.add(topic);
  }

  #tell() {
    const dirty = this.#dirty;
    this.#dirty = new Set();
    for (const { topics, listener } of this.#listeners) {
      if (topics.some((topic) => dirty.has(topic))) listener(this.state);
    }
  }

  /** A snapshot replaces everything. */
  replace(snapshot) {
    this.#settle(snapshot.you);
    this.state.commands = snapshot.commands;
    this.state.map = mergeMap([], snapshot.map);
    this.#inventory(snapshot.inventory);
    this.#location(snapshot.location);
    this.touch("you", "location", "players", "ground", "bag", "map", "commands");
  }

  /** Oneself, unless what is known is newer. */
  you(you) {
    if (!newerYou(this.state.you, you)) return;
    this.#settle(you);
    this.touch("you");
  }

  #settle(you) {
    this.state.you = you;
    this.state.skew = Math.min(this.state.skew, Date.now() - you.at * 1000);
  }

  /** A place one has come to, or looked at again. */
  location(location) {
    this.#location(location);
    this.touch("location", "players", "ground");
  }

  #location(location) {
    const { items, players, ...rest } = location;
    this.state.location = rest;
    this.state.players = players;
    this.state.ground = replaceItems(this.state.ground, items, this.seen);
    this.presence.clear();
  }

  inventory(inventory) {
    this.#inventory(inventory);
    this.touch("bag");
  }

  #inventory({ items, ...load }) {
    this.state.bag = replaceItems(this.state.bag, items, this.seen);
    this.state.load = load;
  }

  bag(items, load = []) {
    if (items.length) this.state.bag = mergeItems(this.state.bag, items, this.seen);
    if (load.length === 4) {
      const [weight, max_weight, volume, max_volume] = load;
      this.state.load = { weight, max_weight, volume, max_volume };
    }
    this.touch("bag");
  }

  ground(items) {
    this.state.ground = mergeItems(this.state.ground, items, this.seen);
    this.touch("ground");
  }

  /** Somebody is here (`view`), or no longer (`view` null). `version` is their row's. */
  player(id, view, version) {
    if (id === this.state.you?.id || (this.presence.get(id) ?? 0) > version) return;
    this.presence.set(id, version);
    const others = this.state.players.filter((player) => player.id !== id);
    this.state.players = view ? [...others, view] : others;
    this.touch("players");
  }

  map(places) {
    this.state.map = mergeMap(this.state.map, places);
    this.touch("map");
  }

  who(players) {
    this.state.who = players;
    this.touch("who");
  }
}
