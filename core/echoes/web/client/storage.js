// What the browser keeps for the page, under keys of the page's own path. Nothing here throws: where the browser keeps nothing
// (site data blocked, a full disk), it is kept in memory for as long as the page is open.

import { basePath } from "./address.js";

/** Two games below two paths of one host share the browser's stores, not what is in them. */
const keyOf = (key) => (basePath === "/" ? key : `${basePath}:${key}`);

class Area {
  #store = null;
  #memory = new Map();

  /** `name` is localStorage or sessionStorage; even to touch it throws where site data is blocked. */
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
      // A store that is only full is read; one that may not be touched is left alone.
      if (error?.name !== "QuotaExceededError") this.#store = null;
    }
  }

  get(key) {
    try {
      return this.#memory.get(key) ?? this.#store?.getItem(key) ?? null;
    } catch {
      return null;
    }
  }

  /** True when the browser has it; memory has it in any case. */
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

  remove(key) {
    this.#memory.delete(key);
    try {
      this.#store?.removeItem(key);
    } catch {
      // a store that refuses this holds nothing of ours
    }
  }
}

/** For this tab, and for this device. */
export const session = new Area("sessionStorage");
export const device = new Area("localStorage");

/** The parsed value under `key` in `area`, or `fallback`. */
export function read(area, key, fallback = null) {
  try {
    return JSON.parse(area.get(keyOf(key))) ?? fallback;
  } catch {
    return fallback;
  }
}

/** Stores `value` as JSON. Returns false when the browser does not keep it. */
export function write(area, key, value) {
  return area.set(keyOf(key), JSON.stringify(value));
}

export function remove(area, key) {
  area.remove(keyOf(key));
}
