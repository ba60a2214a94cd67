// How the page looks: text size, contrast, motion. Kept on this device; "as the system says" unless chosen.

import { $, h } from "./dom.js";
import { accountSection } from "./account.js";
import { dialogOf } from "./dialog.js";
import { read, write, device } from "./storage.js";

const KEY = "echoes.settings";
const DEFAULTS = { size: "normal", contrast: "system", motion: "system" };

const CHOICES = {
  size: { title: "Text", options: { small: "small", normal: "normal", large: "large", huge: "huge" } },
  contrast: { title: "Contrast", options: { system: "as the system says", normal: "soft", high: "high" } },
  motion: { title: "Motion", options: { system: "as the system says", full: "full", reduced: "reduced" } },
};

const KEYS = [
  ["Enter", "send"], ["Up, Down", "what you typed before; your draft is kept"], ["Tab", "complete, and through the suggestions"],
  ["Esc", "close, and back to the command line"], ["/settings", "this page"], ["/clear", "clear the story"], ["/logout", "log out"],
];

const more = matchMedia("(prefers-contrast: more)");
const still = matchMedia("(prefers-reduced-motion: reduce)");

let chosen = { ...DEFAULTS, ...read(device, KEY, {}) };

let made = null;
const dialog = () => (made ??= dialogOf($("settings")));

/** Puts the settings in force, and again whenever the system's wishes change. */
export function applySettings() {
  const root = document.documentElement;
  root.dataset.size = chosen.size;
  root.dataset.contrast = chosen.contrast === "system" ? (more.matches ? "high" : "normal") : chosen.contrast;
  root.dataset.motion = chosen.motion === "system" ? (still.matches ? "reduced" : "full") : chosen.motion;
}

more.addEventListener("change", applySettings);
still.addEventListener("change", applySettings);

/** Opens the dialog; `onLeave` goes back to the choice of characters, `onOut(message)` to the gate, signed out. */
export function openSettings(onLeave, onOut) {
  const choose = (name) => (event) => {
    chosen = { ...chosen, [name]: event.target.value };
    write(device, KEY, chosen);
    applySettings();
  };
  const group = ([name, { title, options }]) =>
    h("fieldset", {}, h("legend", {}, title), Object.entries(options).map(([value, label]) =>
      h("label", {}, h("input", { type: "radio", name, value, checked: chosen[name] === value, testid: `${name}-${value}`, on: { change: choose(name) } }), h("span", {}, label))));
  $("settings-form").replaceChildren(
    h("h2", { id: "settings-title" }, "Settings"),
    ...Object.entries(CHOICES).map(group),
    accountSection((message) => (dialog().close(), onOut(message))),
    h("details", {}, h("summary", {}, "Keys and words of this page"), h("dl", {}, KEYS.flatMap(([key, does]) => [h("dt", {}, key), h("dd", {}, does)]))),
    h("p.foot", {},
      h("button.quiet", { type: "button", testid: "change-character", on: { click: () => (dialog().close(), onLeave()) } }, "Play somebody else"),
      h("button.primary", { value: "close", testid: "settings-close" }, "Done")),
  );
  dialog().open();
}
