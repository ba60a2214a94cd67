// The gate: one form for who is new and who has been here, then the choice of a character.

import { $, h, keyed, text } from "./dom.js";
import * as api from "./api.js";
import { session } from "./storage.js";
import { account, keepAccount, forgetAll } from "./tokens.js";

/** `enter({token, id, name})` begins to play. Returns `show(message)`, which opens the gate. */
export function gate(enter) {
  let fresh = true;

  const tab = (isNew, focus = false) => {
    fresh = isNew;
    for (const [id, on] of [["tab-new", isNew], ["tab-back", !isNew]]) {
      $(id).setAttribute("aria-selected", String(on));
      $(id).tabIndex = on ? 0 : -1;
      if (on && focus) $(id).focus();
    }
    $("auth-fields").setAttribute("aria-labelledby", isNew ? "tab-new" : "tab-back");
    $("character-field").hidden = !isNew;
    $("password").autocomplete = isNew ? "new-password" : "current-password";
    text($("enter"), isNew ? "Enter the city" : "Come back in");
    trouble("auth-error");
  };

  const signUp = async (username, password) => {
    const { access_token } = await api.register(username, password);
    keepAccount({ token: access_token, username }, $("stay").checked);
    try {
      await begin(access_token, $("character-name").value.trim() || username);
    } catch (error) {
      // The account is there; only the character's name has to be another.
      await choose(access_token);
      trouble("people-error", error);
    }
  };

  const logIn = async (username, password) => {
    const { access_token } = await api.login(username, password);
    keepAccount({ token: access_token, username }, $("stay").checked);
    await choose(access_token);
  };

  const begin = async (token, name) => play(token, await api.createCharacter(token, name));
  const play = async (token, { id, name }) => enter({ token: (await api.playToken(token, id)).access_token, id, name });

  /** Shows the characters of an account. */
  const choose = async (token) => {
    const found = await api.characters(token);
    const list = Array.isArray(found) ? found : found.characters;
    show("people");
    keyed($("characters"), list, (each) => each.id, (each) => characterRow(each, () => attempt("people-error", () => play(account().token, each))));
    $("people-title").textContent = list.length ? "Who are you tonight?" : "Who will you be?";
    ($("characters").querySelector("button") ?? $("new-name")).focus();
  };

  $("auth").addEventListener("submit", (event) => {
    event.preventDefault();
    const [username, password] = [$("username").value.trim(), $("password").value];
    const missing = [["username", username], ["password", password]].find(([, value]) => !value);
    if (missing) {
      trouble("auth-error", { message: "A name and a password, please." });
      $(missing[0]).focus();
    } else {
      attempt("auth-error", () => (fresh ? signUp(username, password) : logIn(username, password)));
    }
  });
  $("create").addEventListener("submit", (event) => {
    event.preventDefault();
    const name = $("new-name").value.trim();
    if (name) attempt("people-error", () => begin(account().token, name));
    else $("new-name").focus();
  });
  $("tab-new").addEventListener("click", () => tab(true));
  $("tab-back").addEventListener("click", () => tab(false));
  document.querySelector("#auth .tabs").addEventListener("keydown", ({ key }) => {
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

  /** Opens the gate: at the characters when signed in, else at the form. */
  const open = async (message = "") => {
    const known = account();
    $("title").hidden = false;
    $("password").value = "";
    if (known) {
      try {
        await choose(known.token);
        trouble("people-error", message && { message });
        return;
      } catch (error) {
        if (error.status === 401 || error.status === 403) forgetAll();
        message ||= error.status === 401 ? "Your pass has expired. Log in again." : error.message;
      }
    }
    show("auth");
    tab(!known && !message);
    $("username").value = known?.username ?? "";
    trouble("auth-error", message && { message });
    $(known ? "password" : "username").focus({ preventScroll: true });
  };
  return open;
}

const show = (which) => {
  for (const id of ["auth", "people"]) $(id).hidden = id !== which;
};

function trouble(where, error) {
  $(where).replaceChildren(...(error ? [error.message, error.hint ? h("span.hint", {}, ` ${error.hint}`) : ""] : []));
}

/** Runs one step with the buttons at rest; a refusal is shown where it happened. */
async function attempt(where, step) {
  const buttons = document.querySelectorAll("#title button");
  trouble(where);
  for (const button of buttons) button.disabled = true;
  try {
    await step();
  } catch (error) {
    trouble(where, error);
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

function characterRow({ id, name, level, location_name }, click) {
  const about = [level ? `level ${level}` : "", location_name].filter(Boolean).join(" · ");
  return h("li", {}, h("button.character", { type: "button", testid: `character-${id}`, on: { click } },
    h("span.name", { dir: "auto" }, name), h("span.about", {}, about)));
}
