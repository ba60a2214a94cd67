// What was typed before: Up and Down walk through it and give the unfinished draft back.

import { read, write, session } from "./storage.js";

const KEY = "echoes.history";
const LIMIT = 100;

export class History {
  #lines = read(session, KEY, /** @type {string[]} */ ([]));
  #place = this.#lines.length;
  #draft = "";

  /** The newest line; empty when there is none. */
  get last() {
    return this.#lines[this.#lines.length - 1] ?? "";
  }

  /** A line was sent. @param {string} line */
  add(line) {
    if (this.#lines[this.#lines.length - 1] !== line) this.#lines.push(line);
    this.#lines = this.#lines.slice(-LIMIT);
    this.#place = this.#lines.length;
    this.#draft = "";
    write(session, KEY, this.#lines);
  }

  /**
   * The line before or after (`step` -1 or 1) the `current` text; null at either end.
   * @param {number} step
   * @param {string} current
   */
  walk(step, current) {
    const place = this.#place + step;
    if (place < 0 || place > this.#lines.length) return null;
    if (this.#place === this.#lines.length) this.#draft = current;
    this.#place = place;
    return this.#lines[place] ?? this.#draft;
  }
}
