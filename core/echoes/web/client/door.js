// Why the WebSocket does not open: browsers hide the answer to an upgrade, so the page asks over HTTP at the same address.

import { address } from "./address.js";

/** @typedef {{ code: string, message: string, hint: string }} Trouble what hinders this page, in the server's words */

const WITHIN_MS = 8_000;

/**
 * Null while the server cannot be reached or does not say (a restart, a network that is down): then there is nothing to do but to come back.
 * @returns {Promise<Trouble | null>}
 */
export async function whyNot() {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), WITHIN_MS);
  try {
    const where = address(`ws/game?origin=${encodeURIComponent(location.origin)}`);
    const response = await fetch(where, { headers: { Accept: "application/json" }, cache: "no-store", signal: patience.signal });
    const { code, message, hint } = await response.json();
    return code && message ? { code, message, hint: hint ?? "" } : null;
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}
