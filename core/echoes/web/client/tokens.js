// The two passes of a player: one for the account, one for the character being played in this tab.
//
// The account's pass is kept beyond the browser's end only for who chose to stay signed in.

import { read, write, remove } from "./storage.js";

const ACCOUNT = "echoes.account";
const PLAYING = "echoes.playing";

/** {token, username} or null. */
export function account() {
  return read(sessionStorage, ACCOUNT) ?? read(localStorage, ACCOUNT);
}

export function keepAccount(value, stay) {
  write(sessionStorage, ACCOUNT, value);
  if (stay) write(localStorage, ACCOUNT, value);
  else remove(localStorage, ACCOUNT);
}

/** {token, id, name} of the character in this tab, or null. */
export const playing = () => read(sessionStorage, PLAYING);
export const keepPlaying = (value) => write(sessionStorage, PLAYING, value);
export const stopPlaying = () => remove(sessionStorage, PLAYING);

export function forgetAll() {
  remove(sessionStorage, ACCOUNT);
  remove(localStorage, ACCOUNT);
  stopPlaying();
}
