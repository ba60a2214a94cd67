// What the browser keeps for the page, under keys of the page's own path. Nothing here throws: where the browser keeps nothing
// (site data blocked, a full disk), it is kept in memory for as long as the page is open.

import { basePath } from "./address.js";

/** Two games below two paths of one host share the browser's stores, not what is in them. @type {(key: string) => string} */
const keyOf = (key) => (basePath === "/" ? key : `${basePath}:${key}`);

class Area {
  /** @type {Storage | null} */
  #store = null;
  /** @type {Map<string, string>} */
  #memory = new Map();

  /** Even to touch a store throws where site data is blocked. @param {"localStorage" | "sessionStorage"} name */
  constructor(name) {
    try {
      this.#store = window[name] ?? null;
      const probe = keyOf("echoes.probe");
      this.#store?.setItem(probe, "1");
      this.#store?.removeItem(probe);
      /** False when what is stored ends with the page. */
      this.lasts = this.#store !== null;
    } catch (error) {
      this.lasts = false;
      // A store that is only full is read; one that may not be used is ignored.
      if (!(error instanceof DOMException && error.name === "QuotaExceededError")) this.#store = null;
    }
  }

  /** @param {string} key */
  get(key) {
    try {
      return this.#memory.get(key) ?? this.#store?.getItem(key) ?? null;
    } catch {
      return null;
    }
  }

  /**
   * True when the browser has it; memory has it in any case.
   * @param {string} key
   * @param {string} text
   */
  set(key, text) {
    try {
      if (!this.#store) throw new Error("no store");
      this.#store.setItem(key, text);
      this.#memory.delete(key);
      return true;
    } catch {
      this.#memory.set(key, text);
      return false;
    }
  }

  /** @param {string} key */
  remove(key) {
    this.#memory.delete(key);
    try {
      this.#store?.removeItem(key);
    } catch {
      // a store that refuses this holds nothing of this page
    }
  }
}

/** For this tab, and for this device. */
export const session = new Area("sessionStorage");
export const device = new Area("localStorage");

/**
 * The parsed value under `key` in `area`, or `fallback`. What is there is what `write` put there: the caller says of which type.
 * @template Value
 * @param {Area} area
 * @param {string} key
 * @param {Value} fallback
 * @returns {Value}
 */
export function read(area, key, fallback) {
  try {
    return JSON.parse(area.get(keyOf(key)) ?? "null") ?? fallback;
  } catch {
    return fallback;
  }
}

/**
 * Stores `value` as JSON. Returns false when the browser does not keep it.
 * @type {(area: Area, key: string, value: unknown) => boolean}
 */
export function write(area, key, value) {
  return area.set(keyOf(key), JSON.stringify(value));
}

/** @type {(area: Area, key: string) => void} */
export function remove(area, key) {
  area.remove(keyOf(key));
}
