// What survives a reload, per tab and character: log, positions and unanswered commands, always in one piece.
//
// Because they are written together, they tell of one moment: a message is either in the log, or after the position and
// will be sent again; a command is either answered in the log, or unanswered in the list and will be repeated.

import { read, write, remove, session } from "./storage.js";

const EVERY_MS = 400;
const LIMITS = [250, 80, 20];

export class PlayRecord {
  #timer = 0;
  #collect;

  /** `collect(limit)` returns {entries, positions, pending, shown} with at most `limit` log entries. */
  constructor(character, collect) {
    this.key = `echoes.play.${character}`;
    this.#collect = collect;
    this.flush = this.flush.bind(this);
    addEventListener("pagehide", this.flush);
  }

  load() {
    return read(session, this.key, null);
  }

  /** Soon; what comes together is written together. */
  later() {
    this.#timer ||= setTimeout(this.flush, EVERY_MS);
  }

  /** Now: before a command leaves, and when the page goes away. */
  flush() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    for (const limit of LIMITS) {
      if (write(session, this.key, this.#collect(limit))) return;
    }
  }

  /** Stops writing; with `forget`, as if nothing had been. */
  close(forget) {
    removeEventListener("pagehide", this.flush);
    clearTimeout(this.#timer);
    if (forget) remove(session, this.key);
    else this.flush();
  }
}
