// The sign-in page: one form for new and known players, then the choice of a character.

import { $, h, keyed, part, text } from "./dom.js";
import * as api from "./api.js";
import { session } from "./storage.js";
import { account, keepAccount, forgetAll } from "./tokens.js";

/** @import { Pass } from "./tokens.js" */
/** @import { CharacterView } from "./wire.d.ts" */
/** @typedef {"auth-error" | "people-error"} Where an error is shown */

/**
 * `enter(pass)` begins to play. Returns `show(message)`, which opens the sign-in page.
 * @type {(enter: (pass: Pass) => Promise<void>) => (message?: string) => Promise<void>}
 */
export function gate(enter) {
  let fresh = true;

  /** @type {(isNew: boolean, focus?: boolean) => void} */
  const tab = (isNew, focus = false) => {
    fresh = isNew;
    for (const button of [$("tab-new"), $("tab-back")]) {
      const on = isNew === (button.id === "tab-new");
      button.setAttribute("aria-selected", String(on));
      button.tabIndex = on ? 0 : -1;
      if (on && focus) button.focus();
    }
    $("auth-fields").setAttribute("aria-labelledby", isNew ? "tab-new" : "tab-back");
    for (const id of /** @type {const} */ (["character-field", "username-rule", "password-rule"])) $(id).hidden = !isNew;
    $("password").autocomplete = isNew ? "new-password" : "current-password";
    text($("enter"), isNew ? "Enter the city" : "Come back in");
    trouble("auth-error");
  };

  /** @type {(username: string, password: string) => Promise<void>} */
  const signUp = async (username, password) => {
    const { access_token } = await api.register(username, password);
    keepAccount({ token: access_token, username }, $("stay").checked);
    try {
      await begin(access_token, $("character-name").value.trim() || username);
    } catch (error) {
      // The account is there; only the character's name has to be another.
      await choose(access_token);
      const { message, hint } = api.troubleOf(error);
      trouble("people-error", { message: `You are signed up as ${username}. ${message}`, hint });
      $("new-name").value = $("character-name").value.trim() || username;
      $("new-name").focus();
    }
  };

  /** @type {(username: string, password: string) => Promise<void>} */
  const logIn = async (username, password) => {
    const { access_token } = await api.login(username, password);
    keepAccount({ token: access_token, username }, $("stay").checked);
    await choose(access_token);
  };

  /** @type {(token: string, name: string) => Promise<void>} */
  const begin = async (token, name) => play(token, await api.createCharacter(token, name));
  /** @type {(token: string, character: CharacterView) => Promise<void>} */
  const play = async (token, { id, name }) => enter({ token: (await api.playToken(token, id)).access_token, id, name });

  /** Shows the characters of an account. @type {(token: string) => Promise<void>} */
  const choose = async (token) => {
    const list = await api.characters(token);
    show("people");
    keyed($("characters"), list, (each) => each.id, (each) => characterRow(each, () => attempt("people-error", () => play(pass(), each))));
    $("people-title").textContent = list.length ? "Who are you tonight?" : "Who will you be?";
    ($("characters").querySelector("button") ?? $("new-name")).focus();
  };

  $("auth").addEventListener("submit", (event) => {
    event.preventDefault();
    const [username, password] = [$("username").value.trim(), $("password").value];
    const lacking = lack(username, password, fresh);
    if (lacking) {
      trouble("auth-error", { message: lacking.message });
      $(lacking.field).focus();
    } else {
      attempt("auth-error", () => (fresh ? signUp(username, password) : logIn(username, password)));
    }
  });
  $("create").addEventListener("submit", (event) => {
    event.preventDefault();
    const name = $("new-name").value.trim();
    if (name) attempt("people-error", () => begin(pass(), name));
    else $("new-name").focus();
  });
  $("tab-new").addEventListener("click", () => tab(true));
  $("tab-back").addEventListener("click", () => tab(false));
  part($("auth"), ".tabs").addEventListener("keydown", ({ key }) => {
    if (key === "ArrowLeft" || key === "ArrowRight") tab(!fresh, true);
  });
  $("reveal").addEventListener("click", () => {
    const hidden = $("password").type === "password";
    $("password").type = hidden ? "text" : "password";
    $("reveal").setAttribute("aria-pressed", String(hidden));
    text($("reveal"), hidden ? "hide" : "show");
  });
  $("title-logout").addEventListener("click", () => {
    forgetAll();
    open();
  });

  $("forgetful").hidden = session.lasts;

  /** Opens the sign-in page: at the characters when signed in, else at the form. @type {(message?: string) => Promise<void>} */
  const open = async (message = "") => {
    const known = account();
    $("title").hidden = false;
    $("password").value = "";
    if (known) {
      try {
        await choose(known.token);
        trouble("people-error", message ? { message } : null);
        return;
      } catch (error) {
        const status = error instanceof api.ApiError ? error.status : 0;
        if (status === 401 || status === 403) forgetAll();
        message ||= status === 401 ? "Your pass has expired. Log in again." : api.troubleOf(error).message;
      }
    }
    show("auth");
    tab(!known && !message);
    $("username").value = known?.username ?? "";
    trouble("auth-error", message ? { message } : null);
    $(known ? "password" : "username").focus({ preventScroll: true });
  };
  return open;
}

const SHORTEST_NAME = 2;
const SHORTEST_PASSWORD = 8;

/**
 * What the form lacks before it is worth sending; null when nothing. A known player's password is for the server to judge.
 * @type {(username: string, password: string, fresh: boolean) => { message: string, field: "username" | "password" } | null}
 */
function lack(username, password, fresh) {
  if (!username) return { message: "Type a name to sign in with.", field: "username" };
  if (!password) return { message: "Type a password.", field: "password" };
  if (fresh && username.length < SHORTEST_NAME) return { message: `A name has at least ${SHORTEST_NAME} letters.`, field: "username" };
  if (fresh && password.length < SHORTEST_PASSWORD) {
    return { message: `A password has at least ${SHORTEST_PASSWORD} characters; this one has ${password.length}.`, field: "password" };
  }
  return null;
}

/** @type {(which: "auth" | "people") => void} */
const show = (which) => {
  $("auth").hidden = which !== "auth";
  $("people").hidden = which !== "people";
};

/** The account's pass; without one the server refuses, and says so. */
const pass = () => account()?.token ?? "";

/** @type {(where: Where, error?: { message: string, hint?: string } | null) => void} */
function trouble(where, error) {
  $(where).replaceChildren(...(error ? [error.message, error.hint ? h("span.hint", {}, ` ${error.hint}`) : ""] : []));
}

/**
 * Runs one step with the buttons at rest; a refusal is shown where it happened.
 * @type {(where: Where, step: () => Promise<void>) => Promise<void>}
 */
async function attempt(where, step) {
  const buttons = $("title").querySelectorAll("button");
  trouble(where);
  for (const button of buttons) button.disabled = true;
  try {
    await step();
  } catch (error) {
    trouble(where, api.troubleOf(error));
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

/** @type {(character: CharacterView, click: () => void) => HTMLElement} */
function characterRow({ id, name, level, location_name }, click) {
  const about = [level ? `level ${level}` : "", location_name].filter(Boolean).join(" · ");
  return h("li", {}, h("button.character", { type: "button", testid: `character-${id}`, on: { click } },
    h("span.name", { dir: "auto" }, name), h("span.about", {}, about)));
}
