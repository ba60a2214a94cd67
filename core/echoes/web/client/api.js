// The few HTTP calls: sign up, log in and out, choose who to be.

import { address } from "./address.js";

/** @import { AccessToken, CharacterView } from "./wire.d.ts" */
/** @typedef {{ token?: string, body?: Record<string, string> }} Sent */

/** What the server refused, in its own words. */
export class ApiError extends Error {
  /**
   * @param {number} status 0 when the server cannot be reached
   * @param {{ code?: string, message?: string, hint?: string }} answer
   */
  constructor(status, { code = "failed", message = "", hint = "" }) {
    super(message || "That did not work.");
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}

/** The message and hint of any error. @type {(error: unknown) => { message: string, hint?: string }} */
export const troubleOf = (error) => (error instanceof Error ? error : { message: String(error) });

/**
 * The server's answer, of which the caller says what it is.
 * @template Answer
 * @param {string} method
 * @param {string} path
 * @param {Sent} [sent]
 * @returns {Promise<Answer>}
 */
async function call(method, path, { token, body } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(address(path), { method, headers, body: body && JSON.stringify(body) });
  } catch {
    throw new ApiError(0, {
      code: "unreachable",
      message: "The city cannot be reached.",
      hint: "Check your connection, then try again.",
    });
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, answer);
  return answer;
}

/** @type {(username: string, password: string) => Promise<AccessToken>} */
export const register = (username, password) => call("POST", "api/auth/register", { body: { username, password } });
/** @type {(username: string, password: string) => Promise<AccessToken>} */
export const login = (username, password) => call("POST", "api/auth/login", { body: { username, password } });
/** @type {(token: string) => Promise<AccessToken>} */
export const refresh = (token) => call("POST", "api/auth/refresh", { token });
/** @type {(token: string, password: string, new_password: string) => Promise<AccessToken>} */
export const changePassword = (token, password, new_password) =>
  call("POST", "api/auth/password", { token, body: { password, new_password } });
/** @type {(token: string) => Promise<unknown>} */
export const logOutEverywhere = (token) => call("POST", "api/auth/logout_everywhere", { token });
/** @type {(token: string) => Promise<CharacterView[]>} */
export const characters = (token) => call("GET", "api/characters", { token });
/** @type {(token: string, name: string) => Promise<CharacterView>} */
export const createCharacter = (token, name) => call("POST", "api/characters", { token, body: { name } });
/** @type {(token: string, id: number) => Promise<AccessToken>} */
export const playToken = (token, id) => call("POST", `api/characters/${id}/token`, { token });
