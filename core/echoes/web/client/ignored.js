// Whose words a player does not want to see: kept on this device for each character, applied to all speech and gestures.

import { read, write, device } from "./storage.js";

export const MOST = 50;

/** How names are compared. @type {(name: string) => string} */
export const folded = (name) => name.normalize("NFKC").trim().toLocaleLowerCase("en");

export class Ignored {
  /** In the order in which they were named. @type {string[]} */
  #names;

  /** @param {number} character whose list it is */
  constructor(character) {
    this.key = `echoes.ignored.${character}`;
    this.#names = read(device, this.key, /** @type {string[]} */ ([]));
  }

  get names() {
    return [...this.#names];
  }

  /** @param {string} name */
  has(name) {
    return this.#names.some((one) => folded(one) === folded(name));
  }

  /** False when as many as can be are ignored already. @param {string} name */
  add(name) {
    if (this.has(name)) return true;
    if (this.#names.length >= MOST) return false;
    this.#names.push(name.trim());
    write(device, this.key, this.#names);
    return true;
  }

  /** False when that name was not ignored. @param {string} name */
  remove(name) {
    if (!this.has(name)) return false;
    this.#names = this.#names.filter((one) => folded(one) !== folded(name));
    write(device, this.key, this.#names);
    return true;
  }
}
