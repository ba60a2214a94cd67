// One character being played: joins connection, positions, outbox, store and log. All meaning of frames is here.

import { socketAddress } from "./address.js";
import { Connection } from "./connection.js";
import { Outbox } from "./outbox.js";
import { PlayRecord } from "./record.js";
import { Positions } from "./positions.js";
import { watch } from "./watch.js";
import { tell, Told } from "./telling.js";

const LOST = "Some of what happened meanwhile did not reach you.";

export class Game {
  #stopWatching;
  #token;

  /** `pass` is {token, id, name}; `identity` this tab's; `onState(connection)` hears of every change of the line. */
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
        if (connection.state !== "online") this.outbox.suspend();
        onState(connection);
      },
    });
    /** Location that the log last described. */
    this.shown = "";
    this.told = new Told();
  }

  start() {
    this.#restore();
    this.#stopWatching = watch(this.connection, this.outbox, () => this.command({ type: "map" }, "", { hidden: true }));
    this.connection.start();
  }

  stop({ forget = false } = {}) {
    this.#stopWatching?.();
    this.connection.stop();
    this.record.close(forget);
  }

  set token(token) {
    this.#token = token;
  }

  /** Sends a command, now or as soon as the line is back. `text` is what the log shows of it. */
  command(command, text, { hidden = false } = {}) {
    const entry = this.outbox.submit(command, { text, hidden, serial: this.store.serial });
    if (!entry) {
      const why = this.outbox.full ? "Too many commands are waiting already." : "That is too long to say at once.";
      this.log.add({ kind: "notice", text: why });
      return;
    }
    if (!hidden) this.log.add({ kind: "command", text, command: entry.id, state: "pending" });
    this.record.flush();
    this.outbox.flush();
  }

  #hello() {
    const here = `location:${this.shown}`;
    const current = ([channel]) => channel === here || !channel.startsWith("location:");
    const resume = Object.entries(this.positions.known).filter(current).slice(-16);
    return { type: "hello", token: this.#token, client: this.identity.id, resume: Object.fromEntries(resume) };
  }

  #frame(frame) {
    if (frame.type === "welcome") this.#welcome(frame);
    else if (frame.type === "reply") this.#reply(frame);
    else if (frame.type === "snapshot") this.#snapshot(frame);
    else if (frame.channel) this.#event(frame);
    this.record.later();
  }

  #welcome({ recovered, snapshot, positions, last_command }) {
    const resuming = this.positions.any;
    this.positions.welcome(positions, recovered);
    this.store.state.skew = Infinity;
    this.store.replace(snapshot);
    if (resuming && !recovered) this.log.add({ kind: "gap", text: LOST });
    this.#show(snapshot.location);
    this.outbox.reopen(last_command);
  }

  #snapshot({ snapshot, positions, behind }) {
    this.positions.replace(positions, behind);
    this.store.replace(snapshot);
    this.log.add({ kind: "gap", text: LOST });
    this.#show(snapshot.location);
  }

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
  }

  /** What is shown below the line: nothing that the log tells anyway. */
  #answer({ message, command, you, location }, entry) {
    if (command === "already_done" || !this.told.first(you?.version, message)) return "";
    return location && !entry.resent && message.includes(location.description) ? "" : message;
  }

  /** What a reply says has changed. `fresh`: it was read after everything known; else only versioned facts count. */
  #outcome(data, fresh, entry) {
    const { store } = this;
    const verb = verbOf(data, entry);
    if (data.location) this.#view(data, fresh, entry, verb === "look");
    if (data.you) store.you(data.you);
    if (data.inventory && fresh) store.inventory(data.inventory);
    if (data.items || data.load) store.bag(data.items ?? [], data.load);
    if (data.ground) store.ground(data.ground);
    if (data.map) store.map(data.map);
    if (data.players && verb === "who") store.who(data.players);
  }

  /** The place as a reply saw it; a repeated reply saw the past, the snapshot knows better. */
  #view({ location, you }, fresh, entry, looked) {
    const { state } = this.store;
    if (entry.resent || (you && state.you && you.version < state.you.version)) return;
    const elsewhere = location.id !== state.location?.id;
    if (fresh || elsewhere) this.store.location(location);
    this.#show(location, looked);
  }

  #event(event) {
    if (!this.positions.accept(event)) return;
    const { channel, data } = event;
    const hp = this.store.state.you?.hp ?? 0;
    const arrived = !this.positions.covered(event) && this.#happening(channel, data);
    if (!this.#toldByReply(data)) this.log.add(...tell(event, hp));
    if (arrived) this.#show(data.location);
  }

  /** One's own move is told below the command's line, when there is one: by its reply, which came first or will come. */
  #toldByReply({ action, version, message }) {
    if (action !== "moved") return false;
    return this.outbox.entries.some((entry) => entry.sent) || !this.told.first(version, message);
  }

  /** Applies an event's facts; true when they have brought one to another place. */
  #happening(channel, data) {
    const { store } = this;
    const arrived = data.action === "moved" && data.location && this.#moved(data);
    if (data.you) store.you(data.you);
    if (data.items || data.load) store.bag(data.items ?? [], data.load);
    if (data.map) store.map(data.map);
    if (channel.startsWith("location:")) this.#aroundMe(channel, data);
    return arrived;
  }

  /** What somebody did in a location; of another than the present one it is only told. */
  #aroundMe(channel, { action = "", player, ground, version = 0 }) {
    const { store } = this;
    store.serial += 1;
    if (channel !== `location:${store.state.location?.id}`) return;
    if (ground) store.ground(ground);
    if (player && action.startsWith("player_")) store.player(player.id, action === "player_left" ? null : player, version);
  }

  /** Elsewhere now, unless one has been moved on since: later commands may have been answered before this is told. */
  #moved(data) {
    const { you } = this.store.state;
    const version = data.you?.version ?? data.version ?? 0;
    if (you && version < you.version && data.location.id !== you.location_id) return false;
    this.positions.follow(data.positions ?? { [`location:${data.location.id}`]: data.position });
    this.store.serial += 1;
    this.store.location(data.location);
    return true;
  }

  /** Tells of a place on arriving there, or `again` when asked to look. */
  #show(place, again = false) {
    if (place.id === this.shown && !again) return;
    this.shown = place.id;
    this.log.add({ kind: "place", title: place.name, district: place.district, text: place.description, danger: place.danger_level });
  }

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
    const lost = (entry) => entry.state === "pending" && !waiting.has(entry.command);
    this.log.restore(record.entries.map((entry) => (lost(entry) ? { ...entry, state: "unknown" } : entry)));
  }
}

/** The command that was meant: as the server understood a typed line, else what was sent. */
const verbOf = (data, entry) => data.command || JSON.parse(entry.frame).type;
