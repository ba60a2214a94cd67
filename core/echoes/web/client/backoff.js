// When to come back, and when not to.

/** @typedef {"again" | "login" | "reload"} Remedy */
/** @typedef {{ title: string, text: string, action: Remedy, label: string }} Ending what to tell, and what a button does about it */

const FIRST_MS = 500;
const LONGEST_MS = 20_000;
const FLOOD = 4009;
const FLOOD_WAIT_MS = 5_000;

/**
 * Full jitter: anywhere between nothing and a bound that doubles from 0.5 s to 20 s with every failed `attempt`.
 * @type {(attempt: number, code?: number, random?: () => number) => number}
 */
export function retryDelay(attempt, code = 1006, random = Math.random) {
  const bound = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  const delay = random() * bound;
  return code === FLOOD ? FLOOD_WAIT_MS + delay : delay;
}

/** Close codes 4500 to 4999 say: do not come back by yourself. @type {(code: number) => boolean} */
export const isFinal = (code) => code >= 4500 && code <= 4999;

/** @type {Record<number, Ending>} */
const ENDINGS = {
  4500: {
    title: "This page and the server no longer understand each other",
    text: "The page is probably out of date. Load it again.",
    action: "reload",
    label: "Load again",
  },
  4501: {
    title: "Signed in elsewhere",
    text: "This character is being played in another window. You can take it back here; the other window will then rest.",
    action: "again",
    label: "Play here instead",
  },
  4503: {
    title: "You may not enter",
    text: "The server does not let this character in. Choose another, or log in again.",
    action: "login",
    label: "To the gate",
  },
  4504: {
    title: "Your pass has expired",
    text: "You have been away for long. Log in again; your character is where you left it.",
    action: "login",
    label: "Log in again",
  },
  4505: {
    title: "You are banned",
    text: "Those who run this server have banned you.",
    action: "login",
    label: "To the gate",
  },
  4506: {
    title: "You were sent away",
    text: "Those who run this server have ended your connection. You may come back.",
    action: "again",
    label: "Come back",
  },
};
/** Closes whose reason is in an operator's words. */
const SPOKEN = new Set([4505, 4506]);

/** What to tell a player for a final close code. @type {(code: number, reason?: string) => Ending} */
export function ending(code, reason = "") {
  if (SPOKEN.has(code) && reason) return { ...ENDINGS[code], text: reason };
  return (
    ENDINGS[code] ?? {
      title: "The connection has ended",
      text: reason || `The server closed it (code ${code}).`,
      action: "again",
      label: "Try again",
    }
  );
}
