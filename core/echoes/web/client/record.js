// What survives a reload, per tab and character: log, positions and unanswered commands, always in one piece.
//
// Because they are written together, they describe one moment: a message is either in the log, or after the position and
// will be sent again; a command is either answered in the log, or unanswered in the list and will be repeated.

import { read, write, remove, session } from "./storage.js";

/** @import { Entry } from "./log.js" */
/** @import { Kept } from "./outbox.js" */
/** @import { Channels } from "./positions.js" */
/**
 * @typedef {object} Play
 * @property {Entry[]} entries the end of the log
 * @property {Channels} positions
 * @property {Kept[]} pending commands without an answer
 * @property {string} shown the location that the log last described
 * @property {string[]} told what a reply or an event has shown already
 */

const EVERY_MS = 400;
const LIMITS = [250, 80, 20];

export class PlayRecord {
  #timer = 0;
  #collect;

  /**
   * `collect(limit)` returns what there is with at most `limit` log entries.
   * @param {number} character
   * @param {(limit: number) => Play} collect
   */
  constructor(character, collect) {
    this.key = `echoes.play.${character}`;
    this.#collect = collect;
    this.flush = this.flush.bind(this);
    addEventListener("pagehide", this.flush);
  }

  /** @returns {Play | null} */
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

  /** Stops writing; with `forget`, as if nothing had been. @param {boolean} forget */
  close(forget) {
    removeEventListener("pagehide", this.flush);
    clearTimeout(this.#timer);
    if (forget) remove(session, this.key);
    else this.flush();
  }
}
