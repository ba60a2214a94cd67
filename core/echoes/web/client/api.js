// The few HTTP calls: sign up, log in and out, choose who to be.

import { address } from "./address.js";

/** What the server refused, in its own words. */
export class ApiError extends Error {
  constructor(status, { code = "failed", message = "", hint = "" }) {
    super(message || "That did not work.");
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}

async function call(method, path, { token, body } = {}) {
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(address(path), { method, headers, body: body && JSON.stringify(body) });
  } catch (cause) {
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

export const register = (username, password) => call("POST", "api/auth/register", { body: { username, password } });
export const login = (username, password) => call("POST", "api/auth/login", { body: { username, password } });
export const refresh = (token) => call("POST", "api/auth/refresh", { token });
export const changePassword = (token, password, new_password) =>
  call("POST", "api/auth/password", { token, body: { password, new_password } });
export const logOutEverywhere = (token) => call("POST", "api/auth/logout_everywhere", { token });
export const characters = (token) => call("GET", "api/characters", { token });
export const createCharacter = (token, name) => call("POST", "api/characters", { token, body: { name } });
export const playToken = (token, id) => call("POST", `api/characters/${id}/token`, { token });
