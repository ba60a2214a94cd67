// The account, in the settings: another password, and the end of every sign-in. Keeps its pass fresh meanwhile.

import { h, text } from "./dom.js";
import * as api from "./api.js";
import { account, changing, forgetAll, isHalfSpent, renewAccount } from "./tokens.js";

const HOUR_MS = 3_600_000;

/**
 * A section for the settings. `onOut(message)` leaves the game, with no pass left.
 * @type {(onOut: (message: string) => void) => HTMLElement}
 */
export function accountSection(onOut) {
  const said = h("p.trouble", { role: "status", testid: "account-said" });
  const now = password("password-now", "The password that you have", "current-password");
  const next = password("password-next", "The one that you want", "new-password");
  const name = h("input", { hidden: true, autocomplete: "username", value: account()?.username ?? "", readonly: true });

  /** @type {(step: (token: string) => Promise<void>) => Promise<void>} */
  const attempt = async (step) => {
    const buttons = section.querySelectorAll("button");
    for (const button of buttons) button.disabled = true;
    text(said, "");
    try {
      // Without a pass the server refuses, and says so.
      await step(account()?.token ?? "");
    } catch (error) {
      const { message, hint } = api.troubleOf(error);
      text(said, [message, hint].filter(Boolean).join(" "));
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  };
  const change = () =>
    attempt(async (token) => {
      // The connection may be closed before the answer is here: who then asks for a pass waits for the new one.
      await changing(api.changePassword(token, now.input.value, next.input.value).then(({ access_token }) => renewAccount(access_token)));
      now.input.value = next.input.value = "";
      text(said, "That is your password now. Everywhere else you are signed out.");
    });
  const out = () =>
    attempt(async (token) => {
      await changing(api.logOutEverywhere(token).then(forgetAll));
      onOut("You are signed out everywhere.");
    });

  const section = h("details", {},
    h("summary", { testid: "account" }, "Your account"),
    h("div.account", {}, name, now, next,
      h("p", {}, h("button.primary", { type: "button", testid: "change-password", on: { click: change } }, "Change the password")),
      said,
      h("p", {}, h("button.quiet", { type: "button", testid: "logout-everywhere", on: { click: out } }, "Log out everywhere"),
        h("span.faint", {}, " ends every sign-in, also of who plays in your name"))));
  section.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
    change();
  });
  return section;
}

/** A fresh pass for one that is half spent, now and every hour; what cannot be had now is asked for again. */
export function keepFresh() {
  const renew = () => {
    const known = account();
    if (!known || !isHalfSpent(known)) return;
    changing(api.refresh(known.token).then(({ access_token }) => renewAccount(access_token))).catch(() => {});
  };
  renew();
  setInterval(renew, HOUR_MS);
}

/**
 * A field and its label.
 * @type {(testid: string, label: string, autocomplete: string) => HTMLElement & { input: HTMLInputElement }}
 */
function password(testid, label, autocomplete) {
  const input = h("input", { id: testid, testid, type: "password", autocomplete, minlength: 8, maxlength: 256 });
  const rule = autocomplete === "new-password" ? h("span.rule", { id: `${testid}-rule` }, "At least 8 characters, whatever they are.") : null;
  if (rule) input.setAttribute("aria-describedby", rule.id);
  return Object.assign(h("p.field", {}, h("label", { for: testid }, label), input, rule), { input });
}
