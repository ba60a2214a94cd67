// The two passes of a player: one for the account, one for the character being played in this tab.
//
// The account's pass is kept beyond the browser's end only for who chose to stay signed in.

import { read, write, remove, session, device } from "./storage.js";

/** @typedef {{ token: string, username: string, since?: number }} Account who is signed in; `since`: when this token was got, by this machine's clock, in ms */
/** @typedef {{ token: string, id: number, name: string }} Pass a character, and the token to play it */

const ACCOUNT = "echoes.account";
const PLAYING = "echoes.playing";

/** Who is signed in, or null. @returns {Account | null} */
export function account() {
  return read(session, ACCOUNT, null) ?? read(device, ACCOUNT, null);
}

/** A new sign-in, or a new token of it. @type {(value: Account, stay: boolean) => void} */
export function keepAccount(value, stay) {
  const kept = { ...value, since: Date.now() };
  write(session, ACCOUNT, kept);
  if (stay) write(device, ACCOUNT, kept);
  else remove(device, ACCOUNT);
}

/** The session continues with a new pass, kept in the former one's place. @type {(token: string) => void} */
export function renewAccount(token) {
  const known = account();
  if (known) keepAccount({ ...known, token }, read(device, ACCOUNT, null) !== null);
}

/** @type {Promise<unknown>} */
let change = Promise.resolve();

/**
 * The account's pass is about to be another one when `promise` settles; answers it.
 * @template Value
 * @param {Promise<Value>} promise
 */
export function changing(promise) {
  change = promise.catch(() => {});
  return promise;
}

/** Settles when the account's pass is not just being changed. */
export const settled = () => change;

/**
 * Whether more than half of a token's time is over. Its times are the server's, and this machine's clock may be wrong by years: so
 * what counts is how long ago the token was got. A clock that was set back meanwhile tells nothing, and the token counts as half spent.
 * @type {(account: Account) => boolean}
 */
export function isHalfSpent({ token, since }) {
  try {
    const { iat, exp } = JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
    const age = Date.now() / 1000 - (since === undefined ? iat : since / 1000);
    return age < 0 || age > (exp - iat) / 2;
  } catch {
    return false;
  }
}

/** The character in this tab, or null. @type {() => Pass | null} */
export const playing = () => read(session, PLAYING, null);
/** @type {(pass: Pass) => boolean} */
export const keepPlaying = (pass) => write(session, PLAYING, pass);
export const stopPlaying = () => remove(session, PLAYING);

export function forgetAll() {
  remove(session, ACCOUNT);
  remove(device, ACCOUNT);
  stopPlaying();
}
