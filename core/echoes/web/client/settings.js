// How the page looks: text size, contrast, motion. Kept on this device; "as the system says" unless chosen.

import { $, h } from "./dom.js";
import { PAGE_COMMANDS } from "./pagewords.js";
import { accountSection } from "./account.js";
import { dialogOf } from "./dialog.js";
import { read, write, device } from "./storage.js";

/** @typedef {{ size: string, contrast: string, motion: string }} Chosen */
/** @typedef {keyof Chosen} Choice */

const KEY = "echoes.settings";
/** @type {Chosen} */
const DEFAULTS = { size: "normal", contrast: "system", motion: "system" };

/** @type {Record<Choice, { title: string, options: Record<string, string> }>} */
const CHOICES = {
  size: { title: "Text", options: { small: "small", normal: "normal", large: "large", huge: "huge" } },
  contrast: { title: "Contrast", options: { system: "as the system says", normal: "soft", high: "high" } },
  motion: { title: "Motion", options: { system: "as the system says", full: "full", reduced: "reduced" } },
};

const KEYS = [
  ["Enter", "send"], ["Up, Down", "what you typed before; your draft is kept"], ["Tab", "complete, and through the suggestions"],
  ["Esc", "close, and back to the command line"], ...PAGE_COMMANDS.map(({ usage, summary }) => [usage, summary]),
];

const more = matchMedia("(prefers-contrast: more)");
const still = matchMedia("(prefers-reduced-motion: reduce)");

let chosen = { ...DEFAULTS, ...read(device, KEY, /** @type {Partial<Chosen>} */ ({})) };

/** @type {ReturnType<typeof dialogOf> | null} */
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

/**
 * Opens the dialog; `onLeave` goes back to the choice of characters, `onOut(message)` to the sign-in page, signed out.
 * @type {(onLeave: () => void, onOut: (message: string) => void) => void}
 */
export function openSettings(onLeave, onOut) {
  /** @type {(name: Choice, value: string) => () => void} */
  const choose = (name, value) => () => {
    chosen = { ...chosen, [name]: value };
    write(device, KEY, chosen);
    applySettings();
  };
  /** @type {(name: Choice) => HTMLElement} */
  const group = (name) =>
    h("fieldset", {}, h("legend", {}, CHOICES[name].title), Object.entries(CHOICES[name].options).map(([value, label]) =>
      h("label", {}, h("input", { type: "radio", name, value, checked: chosen[name] === value, testid: `${name}-${value}`, on: { change: choose(name, value) } }), h("span", {}, label))));
  $("settings-form").replaceChildren(
    h("h2", { id: "settings-title" }, "Settings"),
    group("size"),
    group("contrast"),
    group("motion"),
    accountSection((message) => (dialog().close(), onOut(message))),
    h("details", {}, h("summary", {}, "Keys and words of this page"), h("dl", {}, KEYS.flatMap(([key, does]) => [h("dt", {}, key), h("dd", {}, does)]))),
    h("p.foot", {},
      h("button.quiet", { type: "button", testid: "change-character", on: { click: () => (dialog().close(), onLeave()) } }, "Play somebody else"),
      h("button.primary", { value: "close", testid: "settings-close" }, "Done")),
  );
  dialog().open();
}
