// Who this tab is to the server: a random client id and a number that grows with every command.
//
// Both live in sessionStorage, so a reload continues. A duplicated tab gets a copy of sessionStorage; it must
// not use the same numbers, so an id belongs to the tab that holds its lock. A reloaded page waits a moment for its
// predecessor to let go; a duplicate waits in vain and takes a new id.

import { read, write, remove, session } from "./storage.js";

/** @typedef {{ id: string, number: number }} Stored */

const KEY = "echoes.client";
const CLOSED = "echoes.client.closed";
const PATIENCE_MS = 500;

function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * True once this page holds the id's lock (until it goes away); false when another page keeps it.
 * @type {(id: string) => Promise<boolean>}
 */
function holdLock(id) {
  return new Promise((resolve) => {
    const keep = () => {
      resolve(true);
      return new Promise(() => {});
    };
    const patience = new AbortController();
    setTimeout(() => patience.abort(), PATIENCE_MS);
    navigator.locks.request(`echoes.client.${id}`, { signal: patience.signal }, keep).catch(() => resolve(false));
  });
}

/** Without locks (plain http on a LAN, site data blocked, an old browser): a page that went away left a mark; a copy of a living page has none. */
function leftMark() {
  const mark = read(session, CLOSED, false);
  remove(session, CLOSED);
  addEventListener("pagehide", () => write(session, CLOSED, true));
  addEventListener("pageshow", () => remove(session, CLOSED));
  return mark;
}

export class Identity {
  #number;

  /**
   * @param {string} id
   * @param {number} number the last one that was given out
   * @param {boolean} inherited false when the id is new: commands left unanswered by a predecessor may not be sent again under it
   */
  constructor(id, number, inherited) {
    this.id = id;
    this.inherited = inherited;
    this.#number = number;
    this.#save();
  }

  /** The next command number; recorded before it can be used. */
  next() {
    this.#number += 1;
    this.#save();
    return this.#number;
  }

  /** Numbers up to `number` are taken, says the server. @param {number} number */
  raise(number) {
    if (number > this.#number) {
      this.#number = number;
      this.#save();
    }
  }

  #save() {
    write(session, KEY, { id: this.id, number: this.#number });
  }
}

/** The identity of this tab: the stored one if this tab may use it, else a new one. */
export async function claimIdentity() {
  const stored = read(session, KEY, /** @type {Stored | null} */ (null));
  if (!navigator.locks || !session.lasts) {
    const ours = leftMark() ? stored : null;
    return ours ? new Identity(ours.id, ours.number, true) : new Identity(randomId(), 0, false);
  }
  if (stored && (await holdLock(stored.id))) return new Identity(stored.id, stored.number, true);
  const id = randomId();
  await holdLock(id);
  return new Identity(id, 0, false);
}
