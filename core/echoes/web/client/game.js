// One character being played: joins connection, positions, outbox, store and log. All meaning of frames is here.

import { socketAddress } from "./address.js";
import { Connection } from "./connection.js";
import { healthNow } from "./facts.js";
import { Outbox } from "./outbox.js";
import { PlayRecord } from "./record.js";
import { Positions } from "./positions.js";
import { watch } from "./watch.js";
import { tell, Told } from "./telling.js";
import { Following } from "./following.js";
import { Journey, interrupts, isSafe } from "./journey.js";

/** @import { Connection as Line, Frame } from "./connection.js" */
/** @import { Identity } from "./identity.js" */
/** @import { CommandEntry, Entry, Log } from "./log.js" */
/** @import { Kept } from "./outbox.js" */
/** @import { Play } from "./record.js" */
/** @import { Store } from "./state.js" */
/** @import { Pass } from "./tokens.js" */
/** @import { ClientCommand, GameEvent, Happening, Hello, LocationView, Outcome, Reply, SnapshotFrame, Welcome } from "./wire.d.ts" */

const LOST = "Some of what happened meanwhile did not reach you.";
const STOPPED = "You stop on your way. “again” goes on.";

export class Game {
  /** @type {(() => void) | undefined} */
  #stopWatching;
  #token;

  /**
   * `identity` is this tab's; `onState(connection)` hears of every change of the line.
   * @param {{ pass: Pass, identity: Identity, store: Store, log: Log, onState: (connection: Line) => void }} parts
   */
  constructor({ pass, identity, store, log, onState }) {
    this.#token = pass.token;
    this.identity = identity;
    this.store = store;
    this.log = log;
    this.record = new PlayRecord(pass.id, (limit) => this.#save(limit));
    this.positions = new Positions();
    this.outbox = new Outbox(identity, (frames) => this.connection.send(frames));
    this.connection = new Connection({
      url: socketAddress("ws/game"),
      hello: () => this.#hello(),
      onFrame: (frame) => this.#frame(frame),
      onState: (connection) => {
        if (connection.state !== "online") {
          this.outbox.suspend();
          this.journey.interrupt();
        }
        onState(connection);
      },
    });
    /** Location that the log last described. */
    this.shown = "";
    this.told = new Told();
    this.following = new Following();
    this.journey = new Journey({
      step: (line) => this.command({ type: "line", text: line }, line),
      isSafe: () => isSafe(store.state),
      stopped: () => log.add({ kind: "notice", text: STOPPED }),
    });
  }

  start() {
    this.#restore();
    this.#stopWatching = watch(this.connection, this.outbox, () => this.command({ type: "map" }, "", { hidden: true }));
    this.connection.start();
  }

  stop({ forget = false } = {}) {
    this.#stopWatching?.();
    this.journey.begin();
    this.connection.stop();
    this.record.close(forget);
  }

  /** @param {string} token */
  set token(token) {
    this.#token = token;
  }

  /**
   * Sends a command, now or as soon as the line is back. `text` is what the log shows of it.
   * @param {ClientCommand} command
   * @param {string} text
   * @param {{ hidden?: boolean }} [how]
   */
  command(command, text, { hidden = false } = {}) {
    const entry = this.outbox.submit(command, { text, hidden, serial: this.store.serial });
    if (!entry) {
      const why = this.outbox.full ? "Too many commands are waiting already." : "That is too long to say at once.";
      this.log.add({ kind: "notice", text: why });
      return;
    }
    if (!hidden) this.journey.begin();
    if (!hidden) this.log.add({ kind: "command", text, command: entry.id, state: "pending" });
    this.record.flush();
    this.outbox.flush();
  }

  /** @returns {Hello} */
  #hello() {
    return { type: "hello", token: this.#token, client: this.identity.id, resume: this.positions.known };
  }

  /** @param {Frame} frame */
  #frame(frame) {
    if (frame.type === "welcome") this.#welcome(frame);
    else if (frame.type === "reply") this.#reply(frame);
    else if (frame.type === "snapshot") this.#snapshot(frame);
    else if (frame.channel) this.#event(frame);
    this.record.later();
  }

  /** @param {Welcome} frame */
  #welcome({ recovered, snapshot, positions, last_command, arrival }) {
    const resuming = this.positions.any;
    this.positions.welcome(positions, recovered);
    this.store.state.skew = Infinity;
    this.store.replace(snapshot);
    if (resuming && !recovered) this.log.add({ kind: "gap", text: LOST });
    if (arrival && this.told.first(snapshot.you.version, arrival)) this.log.add({ kind: "event", text: arrival });
    this.#show(snapshot.location);
    this.outbox.reopen(last_command);
  }

  /** @param {SnapshotFrame} frame */
  #snapshot({ snapshot, positions, behind }) {
    this.positions.replace(positions, behind);
    this.store.replace(snapshot);
    this.log.add({ kind: "gap", text: LOST });
    this.#show(snapshot.location);
  }

  /** @param {Reply} frame */
  #reply({ id, ok, data, error }) {
    const entry = this.outbox.settle(id);
    if (!entry) {
      if (id === 0 && error) this.log.add({ kind: "notice", text: [error.message, error.hint].filter(Boolean).join(" ") });
      return;
    }
    if (ok) this.#outcome(data, !entry.resent && entry.serial === this.store.serial, entry);
    if (entry.hidden) return;
    if (ok) this.log.settle(id, { state: "done", verb: verbOf(data, entry), reply: this.#answer(data, entry), topics: data.topics });
    else this.log.settle(id, { state: "failed", reply: error.message, hint: error.hint });
    if (ok && !entry.resent) this.journey.next(data.next_line ?? "");
  }

  /**
   * What is shown below the line: nothing that the log tells anyway.
   * @param {Outcome} outcome
   * @param {Kept} entry
   */
  #answer({ message, command, you, location }, entry) {
    if (command === "already_done" || !this.told.first(you?.version, message)) return "";
    return location && !entry.resent && message.includes(location.description) ? "" : message;
  }

  /**
   * What a reply says has changed. `fresh`: it was read after everything known; else only versioned facts count.
   * @param {Outcome} data
   * @param {boolean} fresh
   * @param {Kept} entry
   */
  #outcome(data, fresh, entry) {
    const { store } = this;
    const verb = verbOf(data, entry);
    if (data.location && !entry.resent) this.#view(data.location, data.you?.version, fresh, verb === "look");
    if (data.you) store.you(data.you);
    if (data.inventory && fresh) store.inventory(data.inventory);
    if (data.items || data.load) store.bag(data.items ?? [], data.load);
    if (data.ground) store.ground(data.ground);
    if (data.map) store.map(data.map);
    if (data.talk && fresh) store.talk(data.talk);
    if (data.trade && fresh) store.trade(data.trade);
    if (data.players && verb === "who") store.who(data.players);
  }

  /**
   * The place as a reply saw it; not of a repeated reply, which saw the past: the snapshot knows better.
   * @param {LocationView} location
   * @param {number | undefined} version the own character's version at that moment
   * @param {boolean} fresh
   * @param {boolean} looked
   */
  #view(location, version, fresh, looked) {
    const { state } = this.store;
    if (version !== undefined && state.you && version < state.you.version) return;
    const elsewhere = location.id !== state.location.id;
    if (fresh || elsewhere) this.store.location(location);
    this.#show(location, looked);
  }

  /** @param {GameEvent} event */
  #event(event) {
    if (!this.positions.accept(event)) return;
    if (interrupts(event)) this.journey.interrupt();
    const { you, skew } = this.store.state;
    const hp = you ? healthNow(you, skew) : 0;
    if (event.type === "chat") {
      this.log.add(...tell(event, hp));
      return;
    }
    const { channel, data } = event;
    const arrived = this.positions.covered(event) ? null : this.#happening(channel, data);
    if (!this.#toldByReply(data)) this.log.add(...tell(event, hp));
    if (arrived) this.#show(arrived);
    const way = channel === `location:${this.store.state.location.id}` ? this.following.wayOf(event) : "";
    if (way) this.command({ type: "move", direction: way }, way);
  }

  /**
   * The own move is shown below the command's line when there is one: by its reply, which came first or will come. A forced one
   * has no reply. What a new character wakes to was in the welcome.
   * @param {Happening} happening
   */
  #toldByReply({ action, version, message, forced }) {
    if (action === "woke") return !this.told.first(version, message);
    if (action !== "moved" || forced) return false;
    return this.outbox.entries.some((entry) => entry.sent) || !this.told.first(version, message);
  }

  /**
   * Applies an event's facts. Returns the place to which they have brought one, else null.
   * @param {string} channel
   * @param {Happening} data
   */
  #happening(channel, data) {
    const { store } = this;
    const { location } = data;
    const arrived = data.action === "moved" && location && this.#moved(data, location) ? location : null;
    if (data.you) store.you(data.you);
    if (data.items || data.load) store.bag(data.items ?? [], data.load);
    if (data.map) store.map(data.map);
    if (data.quests) store.quests(data.quests, data.version ?? 0);
    if (channel.startsWith("location:")) this.#aroundMe(channel, data);
    return arrived;
  }

  /**
   * An action in a location. An action in another location is only shown.
   * @param {string} channel
   * @param {Happening} happening
   */
  #aroundMe(channel, { action = "", player, npc, fight, ground, version = 0 }) {
    const { store } = this;
    store.serial += 1;
    if (channel !== `location:${store.state.location.id}`) return;
    if (ground) store.ground(ground);
    if (fight) store.fight(fight);
    if (npc && action !== "npc_spoke") store.npc(npc, action !== "npc_left");
    if (player && action.startsWith("player_")) store.player(player.id, action === "player_left" ? null : player, version);
  }

  /**
   * The character is elsewhere now, unless it moved again: later commands may be answered before this event arrives.
   * @param {Happening} happening
   * @param {LocationView} location
   */
  #moved({ you: next, version = 0, positions = {} }, location) {
    const { you } = this.store.state;
    if (you && (next?.version ?? version) < you.version && location.id !== you.location_id) return false;
    this.positions.follow(positions);
    this.store.serial += 1;
    this.store.location(location);
    return true;
  }

  /**
   * Shows a place on arrival, or `again` when asked to look.
   * @param {LocationView} place
   * @param {boolean} [again]
   */
  #show(place, again = false) {
    if (place.id === this.shown && !again) return;
    this.shown = place.id;
    this.log.add({ kind: "place", title: place.name, district: place.district, text: [place.description, place.around].filter(Boolean).join(" "), danger: place.danger_level });
  }

  /** @type {(limit: number) => Play} */
  #save(limit) {
    const pending = this.outbox.save();
    return { entries: this.log.save(limit), positions: this.positions.known, pending, shown: this.shown, told: this.told.keys };
  }

  #restore() {
    const record = this.record.load();
    if (!record) return;
    this.positions = new Positions(record.positions);
    this.shown = record.shown;
    this.told = new Told(record.told);
    if (this.identity.inherited) this.outbox.restore(record.pending);
    const waiting = new Set(this.outbox.entries.map((entry) => entry.id));
    /** @type {(entry: Entry) => entry is CommandEntry} */
    const lost = (entry) => entry.kind === "command" && entry.state === "pending" && !waiting.has(entry.command);
    this.log.restore(record.entries.map((entry) => (lost(entry) ? { ...entry, state: "unknown" } : entry)));
  }
}

/**
 * The command that was meant: as the server understood a typed line, else what was sent.
 * @type {(data: Outcome, entry: Kept) => string}
 */
const verbOf = (data, entry) => data.command || JSON.parse(entry.frame).type;
